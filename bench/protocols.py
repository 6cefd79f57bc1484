#!/usr/bin/env python3
"""Reads what divan prints of the benchmark `protocols` and prints a Markdown table, sorted by time per message.

    cargo bench -p sightglass-dissect --bench protocols | bench/protocols.py

A protocol that costs more than three times the median per byte is marked.
"""
import re
import statistics
import sys

SECONDS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
SCALE = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
MEDIAN = 2  # fastest, slowest, median, mean


def rows(lines):
    """Name, seconds, bytes a second and messages a second, by the median."""
    row = None
    for line in lines:
        cells = [cell.strip(" ├╰─│\n") for cell in line.split("│")]
        # The tree's own line stands left of a counter and makes a cell of its own.
        if cells and not cells[0]:
            cells = cells[1:]
        head = re.match(r"(\S+)\s+([\d.]+) (ns|µs|ms|s)$", cells[0]) if cells else None
        if head and len(cells) > MEDIAN:
            value, unit = cells[MEDIAN].split()
            row = {"name": head[1], "seconds": float(value) * SECONDS[unit]}
            yield row
        elif row and len(cells) > MEDIAN:
            rate = re.match(r"([\d.]+) ([KMGT]?)(B|item)/s$", cells[MEDIAN])
            if rate:
                row[rate[3]] = float(rate[1]) * SCALE[rate[2]]


def main():
    measured = [row for row in list(rows(sys.stdin)) if row.get("B") and row.get("item")]
    if not measured:
        print("no protocol was measured: are the shared captures there?")
        return
    middle = statistics.median(1 / row["B"] for row in measured)
    print("| protocol | ns/message | messages/s | MB/s | ns/byte |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for row in sorted(measured, key=lambda row: 1 / row["item"]):
        slow = " **slow**" if 1 / row["B"] > 3 * middle else ""
        print(f"| {row['name']}{slow} | {1e9 / row['item']:,.0f} | {row['item']:,.0f} "
              f"| {row['B'] / 1e6:,.0f} | {1e9 / row['B']:.2f} |")
    print(f"\n{len(measured)} rows, median {1e9 * middle:.2f} ns/byte")


main()
