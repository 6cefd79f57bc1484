#!/usr/bin/env python3
"""Turns the raw figures of compare.sh into Markdown.

    table.py RUNS.tsv CACHE

RUNS.tsv: program, size, user s, system s, peak RSS kB, exit status; CACHE holds mix-SIZE.json with the packet counts.
"""
import json
import os
import statistics
import sys
from collections import defaultdict


def main(runs_path, cache):
    cpu, rss, status = defaultdict(list), defaultdict(list), {}
    with open(runs_path, encoding="utf-8") as runs:
        for line in runs:
            program, size, user, system, peak, code = line.split()
            cpu[size, program].append(float(user) + float(system))
            rss[size, program].append(int(peak))
            status[size, program] = max(int(code), status.get((size, program), 0))
    seconds = {key: statistics.median(values) for key, values in cpu.items()}
    memory = {key: statistics.median(values) for key, values in rss.items()}
    print_cost(cpu, seconds, memory, status, cache)
    print()
    print_growth(memory)


def print_cost(cpu, seconds, memory, status, cache):
    print("| capture | program | CPU s (least–most) | ns/packet | peak RSS MB | CPU / ndpiReader | CPU / flow walk | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for (size, program), value in seconds.items():
        runs = cpu[size, program]
        cells = [
            size,
            program,
            f"{value:.2f} ({min(runs):.2f}–{max(runs):.2f})",
            f"{value * 1e9 / packets(cache, size):.0f}",
            f"{memory[size, program] / 1024:.1f}",
            ratio(value, seconds.get((size, "ndpiReader"))),
            ratio(value, seconds.get((size, "flow_walk"))),
            f"failed: exit {status[size, program]}" if status[size, program] else "",
        ]
        print("|", " | ".join(cells), "|")


def print_growth(memory):
    sizes = list(dict.fromkeys(size for size, _ in memory))
    small, large = sizes[0], sizes[-1]
    print(f"| program | RSS {small} MB | RSS {large} MB | ratio |")
    print("| --- | --- | --- | --- |")
    for size, program in memory:
        if size == large and (small, program) in memory:
            first, last = memory[small, program], memory[large, program]
            print(f"| {program} | {first / 1024:.1f} | {last / 1024:.1f} | {ratio(last, first)} |")


def packets(cache, size):
    with open(os.path.join(cache, f"mix-{size}.json"), encoding="utf-8") as manifest:
        return json.load(manifest)["packets"]


def ratio(value, base):
    return f"{value / base:.2f}" if base else "–"


if __name__ == "__main__":
    main(*sys.argv[1:])
