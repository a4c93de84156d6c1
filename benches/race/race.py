#!/usr/bin/env python3
"""The same three attribution models on the same file, by redcat, Polars and DuckDB.

    cargo build --release
    python3 benches/race/race.py

Installs the two engines from the package registry into target/race/venv, makes a log of 20 million
touches and a million conversions there (unsorted Parquet, 12 channels, some 4 million users, 39 days),
and runs last touch, linear and time decay (half-life of seven days) over it with a look-back of 15
days. Every contender is a process of its own, and the rounds of all are interleaved. What is
compared is CPU time, user and system, of the whole process; wall time and peak memory stand beside
it. The answers are compared channel by channel.

The queries are written as one would for speed: columns are projected and touches joined to
conversions by user, so that users who never converted are dropped by the join.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches"))
from processes import environment, measured  # noqa: E402

HERE = ROOT / "target" / "race"
REDCAT = ROOT / "target" / "release" / "redcat"
MODELS = ["last", "linear", "time-decay"]
OF = ["conversions", "value"]
ALL = "first,last,last-click,linear,linear:distinct,position,position:w,position:decay,time-decay,markov:1,shapley"
CHANNELS = [
    "feed_ad", "search_ad", "kol", "koc", "store", "brand",
    "email", "affiliate", "video", "live", "organic", "direct",
]


def make(path, touches):
    """Every row is a hash of its number: the same file everywhere, in no order."""
    import duckdb

    rows = touches // 20 * 21
    duckdb.connect().execute(f"""COPY (
        SELECT CAST(hash(i * 7919 + 13) % {rows // 5} AS BIGINT) AS user_id,
            make_timestamp(1746835200000000 + CAST(hash(i * 104729 + 7) % {39 * 86400 * 10**6} AS BIGINT)) AS timestamp,
            CASE WHEN i % 21 = 20 THEN 'conversion' ELSE 'touch' END AS event,
            CASE WHEN i % 21 = 20 THEN NULL ELSE ({CHANNELS}::VARCHAR[])[1 + (hash(i * 31 + 5) % 12)::INT] END AS channel,
            CASE WHEN i % 21 = 20 THEN (hash(i * 17 + 3) % 50000 + 100) / 100.0 ELSE 0 END::DOUBLE AS value
        FROM range({rows}) t(i)) TO '{path}' (FORMAT parquet)""")


def polars(path):
    import polars as pl

    time = pl.col("timestamp")
    log = pl.scan_parquet(path)
    conversions = (
        log.filter(pl.col("event") == "conversion")
        .select("user_id", "value", time.alias("end"))
        .sort("end")
        .with_row_index("id")
        .with_columns(pl.col("end").shift(1).over("user_id").alias("before"))
    )
    touches = log.filter(pl.col("event") == "touch").select("user_id", "timestamp", "channel")
    journeys = touches.join(conversions, on="user_id").filter(
        (time <= pl.col("end"))
        & (time >= pl.col("end") - pl.duration(days=15))
        & (pl.col("before").is_null() | (time > pl.col("before")))
    )
    hours = (pl.col("end") - time).dt.total_microseconds() / 3.6e9
    journeys = journeys.with_columns((0.5 ** (hours / 168)).alias("weight"))
    sums = journeys.group_by("id").agg(
        pl.len().alias("n"), pl.col("weight").sum().alias("whole"), time.max().alias("latest")
    )
    share = {
        "last": (time == pl.col("latest")).cast(pl.Float64),
        "linear": 1.0 / pl.col("n"),
        "time-decay": pl.col("weight") / pl.col("whole"),
    }
    credit = (
        journeys.join(sums, on="id")
        .with_columns(share[m].alias(m) for m in MODELS)
        .group_by("channel")
        .agg(
            *[pl.col(m).sum().alias(f"{m} conversions") for m in MODELS],
            *[(pl.col(m) * pl.col("value")).sum().alias(f"{m} value") for m in MODELS],
        )
        .collect(engine="streaming")
    )
    return {
        row["channel"]: {m: [row[f"{m} {of}"] for of in OF] for m in MODELS} for row in credit.to_dicts()
    }


def duckdb(path):
    import duckdb as engine

    rows = engine.connect().execute(f"""
        WITH log AS (SELECT user_id, timestamp AS t, event, channel, value FROM read_parquet('{path}')),
        conversions AS (
            SELECT user_id, t, value, row_number() OVER () AS id,
                lag(t) OVER (PARTITION BY user_id ORDER BY t) AS before
            FROM log WHERE event = 'conversion'),
        journeys AS (
            SELECT id, channel, log.t, c.value, pow(0.5, epoch_us(c.t - log.t) / 3.6e9 / 168) AS weight
            FROM log JOIN conversions c ON log.user_id = c.user_id AND log.event = 'touch'
                AND log.t <= c.t AND log.t >= c.t - INTERVAL 15 DAY
                AND (before IS NULL OR log.t > before)),
        sums AS (SELECT id, count(*) AS n, sum(weight) AS whole, max(t) AS latest FROM journeys GROUP BY id)
        SELECT channel,
            count(*) FILTER (t = latest), sum(value) FILTER (t = latest),
            sum(1.0 / n), sum(value / n), sum(weight / whole), sum(value * weight / whole)
        FROM journeys JOIN sums USING (id) GROUP BY channel""").fetchall()
    return {row[0]: {m: row[1 + 2 * i : 3 + 2 * i] for i, m in enumerate(MODELS)} for row in rows}


def redcat(path, models):
    command = [REDCAT, "attribute", path, "--window", "15d", "--models", models, "--json", "--quiet"]
    return command


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--touches", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engine", choices=["make", "polars", "duckdb"], help=argparse.SUPPRESS)
    parser.add_argument("--log", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine == "make":
        return make(arguments.log, arguments.touches)
    if arguments.engine:
        print(json.dumps(globals()[arguments.engine](arguments.log)))
        return None
    if not REDCAT.exists():
        sys.exit("build redcat first: cargo build --release")
    HERE.mkdir(parents=True, exist_ok=True)
    python = environment(HERE / "venv", ["polars", "duckdb"])
    versions = subprocess.run(
        [python, "-c", "import polars, duckdb; print('Polars', polars.__version__, '· DuckDB', duckdb.__version__)"],
        check=True, capture_output=True, text=True).stdout.strip()
    log = HERE / f"log-{arguments.touches}.parquet"
    own = [python, Path(__file__).resolve(), "--log", log]
    if not log.exists():
        partial = log.with_suffix(".part")
        subprocess.run([*own[:-1], partial, "--engine", "make", "--touches", str(arguments.touches)], check=True)
        partial.rename(log)
    contenders = {
        "Polars (streaming), 3 models": [*own, "--engine", "polars"],
        "DuckDB, 3 models": [*own, "--engine", "duckdb"],
        "redcat, 3 models": redcat(log, ",".join(MODELS)),
        f"redcat, {ALL.count(',') + 1} models": redcat(log, ALL),
    }
    print(f"{versions} · {os.cpu_count()} cores · {log.stat().st_size / 2**20:.0f} MiB · load {os.getloadavg()[0]:.1f}")
    times, answers = {name: [] for name in contenders}, {}
    for turn in range(arguments.rounds + 1):
        for name, command in contenders.items():
            answer, *time = measured(command)
            answers[name] = answer
            if turn:  # the first round fills the page cache
                times[name].append(time)
    median = {name: [statistics.median(t) for t in zip(*all_)] for name, all_ in times.items()}
    fastest = min(cpu for name, (cpu, *_) in median.items() if not name.startswith("redcat"))
    print(f"\n{'median of ' + str(arguments.rounds):<30}{'CPU s':>8}{'wall s':>8}{'peak MiB':>10}   fastest other ÷ this (least … most of the rounds)")
    others = [name for name in contenders if not name.startswith("redcat")]
    for name, (cpu, wall, peak) in median.items():
        ratios = [min(times[o][i][0] for o in others) / times[name][i][0] for i in range(arguments.rounds)]
        print(f"{name:<30}{cpu:>8.2f}{wall:>8.2f}{peak:>10,.0f}   {fastest / cpu:>5.2f} ({min(ratios):.2f} … {max(ratios):.2f})")
    ours = answers["redcat, 3 models"]["credit"]
    print("\nlargest difference of one channel's credit:")
    for name in others:
        for model in MODELS:
            said = []
            for place, of in enumerate(OF):
                pairs = [(theirs[model][place], ours[model][channel][of]) for channel, theirs in answers[name].items()]
                off = max(abs(a - b) for a, b in pairs)
                said.append(f"{off:.7f} of {sum(a for a, _ in pairs):,.0f} in {of}")
            print(f"  {name}: {model}: {', '.join(said)}")
    return None


if __name__ == "__main__":
    main()
