#!/usr/bin/env python3
"""Reads the table of score_dissection.py on standard input and fails when a row falls below docs/accuracy-floor.tsv."""
import re
import sys

floors = {}
for line in open("docs/accuracy-floor.tsv", encoding="utf-8"):
    if line.strip() and not line.startswith("#"):
        row, recall, excess = line.rstrip("\n").split("\t")
        floors[row] = (float(recall), int(excess))
seen, bad = set(), []
for line in sys.stdin:
    m = re.match(r"(.+?)\s+(\d+)\s+(\d+)\s+([\d.]+)%\s+(\d+)\s*$", line)
    if m and m[1].strip() in floors:
        row = m[1].strip()
        seen.add(row)
        recall, excess = floors[row]
        if float(m[4]) < recall or int(m[5]) > excess:
            bad.append(f"{row}: recall {m[4]} % (at least {recall}), excess {m[5]} (at most {excess})")
    m = re.match(r"captures (\d+), failures (\d+)", line)
    if m:
        seen.add("captures")
        if int(m[2]):
            bad.append(f"{m[2]} captures gave no document")
bad += [f"{row}: not in the table" for row in [*floors, "captures"] if row not in seen]
print("\n".join(["ACCURACY FELL:", *bad]) if bad else f"accuracy: {len(floors)} rows at or above their floor")
sys.exit(bool(bad))
