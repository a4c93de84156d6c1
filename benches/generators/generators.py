#!/usr/bin/env python3
"""Events a second beside what one could use instead of redcat to have events.

    python3 benches/generators/generators.py

Needs cargo, Python 3.11 or later and the two package registries, and fetches and builds the rest
itself: redcat, a program around the NEXMark generator of crates.io (beside this file, with redcat's
profile and allocator), and an environment with SimPy, faker-clickstream, NumPy and PyArrow. All of it
goes to target/.

Every contender is a process of its own, all have the same number of threads (in Python: processes),
and the rounds of all are interleaved. What is compared is events for each CPU second, user and
system, of the whole process; starting is part of it and is told beside it. How many events each makes
hangs on how fast it is, and is told. What an event is differs: the end of the table says what each
does and does not do, and only rows that end alike are held against each other.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))
from processes import environment, measured  # noqa: E402

TARGET = ROOT / "target"
OUT = TARGET / "generators" / "out"
REDCAT = TARGET / "release" / "redcat"
NEXMARK = TARGET / "generators" / "cargo" / "release" / "nexmark"
PACKAGES = ["simpy==4.1.2", "faker-clickstream==0.1.1", "faker==40.54.0", "numpy==2.4.6", "pyarrow==26.0.1"]
VERSIONS = "nexmark 0.2.0 · " + " · ".join(package.replace("==", " ") for package in PACKAGES)
SCENARIO = "red-cat-618"

# What is known of `red-cat-618` by its counts, for the generators that are written here: rows a user,
# and (kind, of, share, mean seconds later).
A_USER, SHOWN, OWN_VISITS = 71, 54.2, 4.88
SEASON = 39 * 86400
CHANNELS, MERCHANTS = 14, 800
FUNNEL = [
    ("read", "impression", 0.1835, 10),
    ("engagement", "read", 0.0974, 20),
    ("click", "read", 0.0203, 30),
    ("visit", "click", 1.0, 5),
    ("cart", "visit", 0.122, 120),
    ("order", "cart", 0.302, 600),
    ("refund", "order", 0.229, 6 * 86400),
]
KINDS = ["impression", *(kind for kind, *_ in FUNNEL)]
SHARE = {kind: share for kind, _, share, _ in FUNNEL}
LATER = {kind: later for kind, _, _, later in FUNNEL}

SINKS = {
    "memory": "made in memory and dropped",
    "parquet": "written as Parquet",
    "text": "written as JSON Lines",
}
# (name, where its events end, what it does)
CONTENDERS = [
    ("redcat run", "memory",
     "behaviour of users with causes, seen under five regimes, credited by eight models, held against the truth "
     "of a sample that lives again; an event is a row that a full log would have; it is used and counted, not kept, and "
     "a note that is shown and not opened, three events in five, has a channel and a tier, no merchant and no number"),
    ("redcat, rows made", "memory",
     "the same users by `generate`, told to write only returns of goods, one row in 1,700: every row is made whole and "
     "sorted by user and time; behaviour, no regimes, no models"),
    ("NEXMark", "memory",
     "the crate nexmark: an event is a person, an auction or a bid (46 of 50), each filled from its number alone, with "
     "names, addresses and random letters up to its usual size; numbers refer to recent people and auctions, and nobody "
     "does anything because of anything"),
    ("NEXMark, no filler", "memory", "the same without the letters that only pad; other text stays"),
    ("NumPy", "memory",
     "written here, by columns: a funnel of the same kinds and shares, each step drawn from the one before, times uniform, "
     "channel and merchant by even lot; an event is five numbers in columns, unsorted; users differ by luck alone"),
    ("SimPy", "memory",
     "written here as SimPy means it: a process for each user's sessions, needs and store visits, in one simulated time; "
     "the same funnel; an event is a tuple in a list"),
    ("faker-clickstream", "memory",
     "sessions of a shop's site, each event a dictionary of eight fields; some steps need an earlier one, such as a "
     "checkout; each session has a user of its own, and none of them does anything later because of it"),
    ("redcat generate, Parquet", "parquet", "behaviour as above; every row written, twelve columns, sorted by user and time"),
    ("NumPy and PyArrow", "parquet", "the funnel as above; every row written, six columns, sorted by user and time"),
    ("redcat generate, JSON Lines", "text", "behaviour as above; every row written as text"),
    ("NEXMark, JSON Lines", "text",
     "events as above, by serde_json into a buffered file a thread; the crate's own command prints line by line"),
]
OURS = {"memory": ["redcat run", "redcat, rows made"], "parquet": ["redcat generate, Parquet"],
        "text": ["redcat generate, JSON Lines"]}
# What of redcat is held against what.
PAIRS = [(name, other) for sink, names in OURS.items() for name in names
         for other, where, _ in CONTENDERS if where == sink and other not in names]


def commands(python, users, threads):
    """How each contender is started, in the order of CONTENDERS.

    Those that are slow, or write much, have a part of the users, and one that is quick has more.
    """
    def redcat(verb, users, *more):
        return [REDCAT, verb, SCENARIO, "--users", str(users), "--threads", str(threads), "--json", "--quiet", *more]

    def nexmark(users, sink):
        return [NEXMARK, str(users * A_USER), str(threads), sink]

    def own(engine, users):
        return [python, Path(__file__).resolve(), "--engine", engine, "--users", str(users), "--threads", str(threads)]

    third, sixth, thirtieth, few = (max(1, users // part) for part in (3, 6, 30, 500))
    return [
        redcat("run", users),
        redcat("generate", users, "--events", "refund", "--out", OUT / "log"),
        nexmark(third, "rows"),
        nexmark(third, "lean"),
        own("numpy", 3 * users),
        own("simpy", thirtieth),
        own("clickstream", few),
        redcat("generate", third, "--out", OUT / "log"),
        own("pyarrow", users),
        redcat("generate", sixth, "--format", "jsonl", "--out", OUT / "log"),
        nexmark(sixth, OUT),
    ]


def columns(draw, users):
    """Rows of these users by kind: for each, arrays of user, milliseconds, channel, merchant, fen."""
    import numpy as np

    def base(a_user):
        user = np.repeat(users, draw.poisson(a_user, len(users)))
        size = len(user)
        return [
            user,
            draw.integers(0, SEASON * 1000, size),
            draw.integers(0, CHANNELS, size, dtype=np.uint8),
            draw.integers(0, MERCHANTS, size, dtype=np.uint16),
            np.zeros(size, dtype=np.int64),
        ]

    rows = {"impression": base(SHOWN)}
    for kind, of, share, later in FUNNEL:
        some = np.flatnonzero(draw.random(len(rows[of][0]), dtype=np.float32) < share)
        next_ = [column[some] for column in rows[of]]
        next_[1] += (draw.standard_exponential(len(some), dtype=np.float32) * (later * 1000)).astype(np.int64)
        if kind == "visit":
            next_ = [np.concatenate(pair) for pair in zip(next_, base(OWN_VISITS))]
        if kind == "order":
            next_[4] = (draw.lognormal(9.5, 1.0, len(some))).astype(np.int64)
        rows[kind] = next_
    return rows


def numpy(part, users, write=None):
    """A process's part of the users in blocks; how many rows they have."""
    import numpy as np

    draw, made = np.random.Generator(np.random.SFC64([618, part])), 0
    for number, first in enumerate(range(0, users, 8192)):
        rows = columns(draw, np.arange(first, min(first + 8192, users), dtype=np.int64))
        made += sum(len(row[0]) for row in rows.values())
        if write:
            write(rows, OUT / f"{part}-{number}.parquet")
    return made


def pyarrow(part, users):
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    pa.set_cpu_count(1)  # a process a thread

    def text(codes, names):
        return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names))

    def write(rows, path):
        kind = np.repeat(np.arange(len(KINDS), dtype=np.int8), [len(rows[k][0]) for k in KINDS])
        user, time, channel, merchant, fen = (np.concatenate(column) for column in zip(*(rows[k] for k in KINDS)))
        order = np.argsort(user * 2**33 + time)
        table = pa.table({
            "user": user[order],
            "time": pa.array(time[order]).cast(pa.timestamp("ms")),
            "event": text(kind[order], KINDS),
            "channel": text(channel[order].astype(np.int8), [f"channel-{c}" for c in range(CHANNELS)]),
            "merchant": merchant[order],
            "value_fen": fen[order],
        })
        parquet.write_table(table, path, compression="snappy")

    return numpy(part, users, write)


def simpy(part, users):
    """A process's part of the users, all in one simulated time; how many rows they have."""
    import random

    import simpy as engine

    draw, env, log = random.Random(618 + part), engine.Environment(), []

    def after(kind):
        return env.timeout(draw.expovariate(1 / LATER[kind]))

    def visit(user, channel, merchant):
        log.append((user, env.now, "visit", channel, merchant, 0))
        for kind in ("cart", "order", "refund"):
            if draw.random() >= SHARE[kind]:
                break
            yield after(kind)
            fen = 0 if kind == "cart" else int(draw.lognormvariate(9.5, 1.0))
            log.append((user, env.now, kind, channel, merchant, fen))

    def needs(user):
        while env.now < SEASON:
            yield env.timeout(draw.expovariate(OWN_VISITS / SEASON))
            env.process(visit(user, draw.randrange(CHANNELS), draw.randrange(MERCHANTS)))

    def browse(user):
        while env.now < SEASON:
            # Sessions of two requests on average, six notes in five requests.
            yield env.timeout(draw.expovariate(SHOWN / 2.4 / SEASON))
            for _ in range(draw.randint(1, 3)):
                yield env.timeout(draw.expovariate(1 / 60))
                for _ in range(1 if draw.random() < 0.8 else 2):
                    channel, merchant = draw.randrange(CHANNELS), draw.randrange(MERCHANTS)
                    log.append((user, env.now, "impression", channel, merchant, 0))
                    if draw.random() >= SHARE["read"]:
                        continue
                    yield after("read")
                    log.append((user, env.now, "read", channel, merchant, 0))
                    if draw.random() < SHARE["engagement"]:
                        log.append((user, env.now, "engagement", channel, merchant, 0))
                    if draw.random() < SHARE["click"]:
                        log.append((user, env.now, "click", channel, merchant, 0))
                        env.process(visit(user, channel, merchant))

    for user in range(users):
        env.process(browse(user))
        env.process(needs(user))
    env.run()
    return len(log)


def clickstream(part, users):
    """Sessions until there are as many events as these users would have."""
    from faker import Faker
    from faker_clickstream import ClickstreamProvider

    Faker.seed(618 + part)
    fake, made = Faker(), 0
    fake.add_provider(ClickstreamProvider)
    while made < users * A_USER:
        made += len(fake.session_clickstream())
    return made


def engine(name, users, threads):
    """A Python contender: its users dealt to processes; prints how many events they made."""
    parts = [(part, (users + threads - 1 - part) // threads) for part in range(threads)]
    with multiprocessing.Pool(threads) as pool:
        made = pool.starmap(globals()[name], parts)
        pool.close()
        pool.join()  # so that their time is counted
    print(json.dumps({"events": sum(made)}))


def built():
    """Builds and installs what is not there; the interpreter that has the packages."""
    if sys.version_info < (3, 11):
        sys.exit("this needs Python 3.11 or later")
    if not shutil.which("cargo"):
        sys.exit("this needs cargo: see https://rustup.rs")
    for project, target, what in [(ROOT, TARGET, "redcat"), (HERE, TARGET / "generators" / "cargo", "nexmark")]:
        build = ["cargo", "build", "--release", "--locked", "--quiet", "--bin", what, "--target-dir", target]
        if subprocess.run(build, cwd=project).returncode:
            sys.exit(f"could not build {what}: {' '.join(map(str, build))} in {project}")
    return environment(TARGET / "generators" / "venv", PACKAGES)


def timed(command):
    """(what it answered, CPU s, wall s, peak MiB, bytes written)."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    answer, *times = measured(command)
    written = sum(file.stat().st_size for file in OUT.rglob("*") if file.is_file())
    shutil.rmtree(OUT)
    return answer, *times, written


def events(answer):
    """How many rows a full log of it would have."""
    made = answer.get("events", answer.get("rows"))
    return made["total"] if isinstance(made, dict) else made


def spread(numbers, form):
    """Median (least … most)."""
    return f"{format(statistics.median(numbers), form)} ({format(min(numbers), form)} … {format(max(numbers), form)})"


def show(found):
    rounds = len(next(iter(found.values()))["cpu_s"])
    print(f"\n{f'median of {rounds} rounds':<29}{'M events':>9}{'CPU s':>8}{'wall s':>8}{'start CPU s':>12}"
          f"{'peak MiB':>10}{'bytes/event':>13}   M events / CPU s (least … most)")
    for sink, ends in SINKS.items():
        print(f" {ends}")
        for name in (name for name, where, _ in CONTENDERS if where == sink):
            row = found[name]
            cpu, wall, peak = (statistics.median(row[of]) for of in ("cpu_s", "wall_s", "peak_mib"))
            size = f"{row['bytes'] / row['events']:.1f}" if sink != "memory" else "–"
            print(f"  {name:<27}{row['events'] / 1e6:>9.3f}{cpu:>8.2f}{wall:>8.2f}{row['start_cpu_s']:>12.2f}"
                  f"{peak:>10,.0f}{size:>13}   {spread([r / 1e6 for r in row['events_per_cpu_s']], '.3f')}")
    print("\nevents a CPU second, ratio of each round: median (least … most); above 1 redcat is faster")
    for ours, other in PAIRS:
        print(f"  {f'{ours} ÷ {other}':<58}{spread(found[ours]['ratio_to'][other], '.2f')}")
    print("\nwhat each does")
    for name, _, does in CONTENDERS:
        print(f"  {name}: {does}.")
    print("\nPeak memory of Python is that of its largest process.")


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=positive, default=300_000,
                        help=f"users of `redcat run`, some {A_USER} events each, a part of it or more for others (default 300000)")
    parser.add_argument("--rounds", type=positive, default=7, help="how often each has its turn (default 7)")
    parser.add_argument("--threads", type=positive, default=os.cpu_count(), help="default: one a core")
    parser.add_argument("--json", action="store_true", help="print one JSON document with every round instead of tables")
    parser.add_argument("--engine", choices=["numpy", "pyarrow", "simpy", "clickstream"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        return engine(arguments.engine, arguments.users, arguments.threads)
    python = built()
    head = {"versions": VERSIONS, "cores": os.cpu_count(), "threads": arguments.threads, "rounds": arguments.rounds}
    names = [name for name, *_ in CONTENDERS]
    found = {name: {"cpu_s": [], "wall_s": [], "peak_mib": [], "events_per_cpu_s": []} for name in names}
    for name, command in zip(names, commands(python, 1, arguments.threads)):
        found[name]["start_cpu_s"] = statistics.median(timed(command)[1] for _ in range(3))
    loads = []
    for turn in range(arguments.rounds):
        print(f"round {turn + 1} of {arguments.rounds}", file=sys.stderr)
        loads.append(os.getloadavg()[0])
        for name, command in zip(names, commands(python, arguments.users, arguments.threads)):
            answer, cpu, wall, peak, written = timed(command)
            row = found[name]
            # It makes all rows that its users have, those of the run, and writes few.
            few = name == "redcat, rows made"
            row["events"] = found["redcat run"]["events"] if few else events(answer)
            row["bytes"] = written
            row["cpu_s"].append(cpu)
            row["wall_s"].append(wall)
            row["peak_mib"].append(peak)
            row["events_per_cpu_s"].append(row["events"] / cpu)
    for ours, other in PAIRS:
        rates = zip(found[ours]["events_per_cpu_s"], found[other]["events_per_cpu_s"])
        found[ours].setdefault("ratio_to", {})[other] = [a / b for a, b in rates]
    head["load"] = loads
    if arguments.json:
        print(json.dumps({**head, "contenders": found}, indent=2))
    else:
        print(f"{VERSIONS}\n{head['cores']} cores · {head['threads']} threads · load {spread(loads, '.1f')}")
        show(found)
    return None


if __name__ == "__main__":
    main()
