#!/usr/bin/env python3
"""A model as a command, in Python: linear, but a click counts three times as much as a look.

    pip install pyarrow
    redcat attribute log.csv --models last,linear --exec 'clicks=python3 examples/exec_model.py'

It reads journeys from stdin and writes credit to stdout, batch by batch. Anything it has to say
goes to stderr.
"""

import sys

import pyarrow as pa
import pyarrow.compute as pc

WEIGHTS = {"view": 1.0, "read": 1.0, "engage": 2.0, "click": 3.0}

CREDIT = pa.schema(
    [
        ("journey", pa.uint64()),
        ("channel", pa.string()),
        ("conversions", pa.float64()),
        ("value", pa.float64()),
    ]
)


def shares(channels, kinds):
    """Each channel's share of a journey; shares make one."""
    weights = {}
    for channel, kind in zip(channels, kinds):
        weights[channel] = weights.get(channel, 0.0) + WEIGHTS[kind]
    whole = sum(weights.values())
    return {channel: weight / whole for channel, weight in weights.items()}


def credit(batch):
    """One row for each channel of each journey that brought something."""
    rows = []
    sold = batch.filter(pc.greater(batch["conversions"], 0))
    for journey in sold.to_pylist():
        conversions, value = journey["conversions"], journey["value"]
        for channel, share in shares(journey["channels"], journey["kinds"]).items():
            rows.append((journey["journey"], channel, share * conversions, share * value))
    columns = list(zip(*rows)) or [[], [], [], []]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, CREDIT)]
    return pa.record_batch(arrays, schema=CREDIT)


def main():
    with (
        pa.ipc.open_stream(sys.stdin.buffer) as journeys,
        pa.ipc.new_stream(sys.stdout.buffer, CREDIT) as answer,
    ):
        for batch in journeys:
            answer.write_batch(credit(batch))


if __name__ == "__main__":
    main()
