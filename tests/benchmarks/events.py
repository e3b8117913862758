"""How long `fleetmod fleet status` takes for many events, and how much memory.

    python -m tests.benchmarks.events [--events 10000000] [--nodes 1000] [--gz]

Writes the events of a month into a temporary folder (about 300 bytes each), and removes it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import IO

from tests.benchmarks.speed import FLEETMOD, measure

FILES = 30  # one a day
DAY = 86_400
TARGETS = 20


def write(folder: Path, events: int, nodes: int, packed: bool) -> int:
    """Write the events, a file a day; gives their size in bytes, uncompressed."""
    size, dice = 0, random.Random(1)
    for day in range(FILES):
        name = folder / f"2026-03-{day + 1:02}.jsonl"
        with gzip.open(f"{name}.gz", "wt", 1) if packed else name.open("w") as file:
            size += _day(file, day, events // FILES, nodes, dice)
    return size


def _day(file: IO[str], day: int, events: int, nodes: int, dice: random.Random) -> int:
    size = 0
    for at in range(events):
        node = at % nodes
        ms = day * DAY * 1000 + at * DAY * 1000 // events
        seconds, rest = divmod(ms, 1000)
        clock = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
        failed = dice.random() < 0.001
        attributes = {
            "node_id": f"node-{node:04}",
            "platform": "linux" if node % 3 else "darwin",
            "endpoint_class": "localhost",
            "adapter_type": "systemctl" if node % 3 else "launchctl",
            "duration_ms": dice.randrange(1, 500),
            "outcome": "failed" if failed else "ok",
            "target": f"com.example.service-{dice.randrange(TARGETS)}",
        } | ({"error.type": "ETIMEDOUT"} if failed else {"service.loaded": True})
        time = f"2026-03-{day + 1:02}T{clock}Z"
        event = {"name": "fleet.probe", "time": time, "attributes": attributes}
        size += file.write(json.dumps(event, separators=(",", ":")) + "\n")
    return size


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--gz", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = write(Path(folder), args.events, args.nodes, args.gz)
        got = measure([*FLEETMOD, "fleet", "status", f"{folder}/*"], Path(folder), rounds=3)
    print(f"{args.events} events, {size / 2**20:.0f} MiB, {args.nodes} nodes")
    print(f"{got.seconds:.2f} s, {got.memory:.0f} MiB", file=sys.stdout)


if __name__ == "__main__":
    main()
