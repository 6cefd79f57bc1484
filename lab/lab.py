#!/usr/bin/env python3
"""A small industrial plant of real protocol stacks in network namespaces.

  lab.py up              make the network and start the servers
  lab.py run SCENARIO    play one scenario (lab.py list shows them)
  lab.py down            end everything and remove the network
  lab.py record OUT      up, all scenarios of the plant, down; one pcapng in OUT
  lab.py check CAPTURE   compare a recorded capture with the plant, by tshark
  lab.py table           the plant's hosts as a Markdown table
  lab.py corpus          record, and write capture, origin and ground truth to corpus/sites
"""

import argparse
import os
import sys
import time
from pathlib import Path

from sglab import capture, net, plant, procs, run, table, truth, verify

STATE = plant.RUN / "plant"
SITES = plant.LAB.parent / "corpus" / "sites"


def _need() -> None:
    if os.geteuid() != 0:
        raise SystemExit("lab: network namespaces need root")
    if not procs.PYTHON.exists():
        raise SystemExit("lab: run lab/setup.sh first")


def _say(text: str) -> None:
    print(f"lab: {text}", flush=True)


def up(chosen: plant.Plant) -> list:
    _need()
    down()
    begun = time.monotonic()
    for old in plant.RUN.glob("hosts/*/*.log"):
        old.unlink()
    net.up(chosen)
    started = run.start_servers(chosen)
    time.sleep(6.0)
    problems = run.dead(started)
    for problem in problems:
        _say(problem)
    STATE.write_text(chosen.name)
    _say(f"{chosen.title}: {len(chosen.hosts)} hosts, {len(started) - len(problems)} of "
         f"{len(started)} servers, {time.monotonic() - begun:.0f} s")
    return problems


def down() -> None:
    if net.namespaces():
        procs.end_all()
        net.down()
    STATE.unlink(missing_ok=True)


def play(chosen: plant.Plant, name: str) -> list[str]:
    if name not in chosen.scenarios:
        raise SystemExit(f"lab: no scenario {name}; there are: {', '.join(chosen.scenarios)}")
    _say(f"scenario {name}, {chosen.scenarios[name]['seconds']} s")
    problems = run.play(chosen, name)
    for problem in problems:
        _say(problem)
    return problems


def record(chosen: plant.Plant, out: Path, vlan: bool) -> tuple[int, list[str]]:
    raw = plant.RUN / "raw.pcapng"
    try:
        problems = up(chosen)
        recorder = capture.start(raw)
        for name in chosen.extra["record"]:
            problems += play(chosen, name)
        capture.stop(recorder)
    finally:
        down()
    comment = f"{chosen.title}: third-party protocol stacks in network namespaces, made by lab/lab.py"
    vlan_of = capture.vlan_by_mac(chosen) if vlan else None
    count = capture.rewrite(raw, out, comment, vlan_of)
    _say(f"{out}: {count} frames, {out.stat().st_size / 1e6:.2f} MB")
    return count, problems


def corpus(chosen: plant.Plant) -> list[str]:
    vlan = chosen.extra.get("vlan_tagged", False)
    plain = plant.RUN / f"{chosen.name}.pcapng"
    count, problems = record(chosen, plain, vlan)
    problems += verify.check(chosen, plain)
    packed = capture.pack(plain, SITES)
    truth.write(chosen, packed, count, vlan)
    _say(f"{packed}: {packed.stat().st_size / 1e6:.2f} MB")
    for problem in problems:
        _say(problem)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plant", default=None, help="a file of lab/plants, without .toml (default: sample-plant)")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "list", "table", "corpus"):
        commands.add_parser(name)
    commands.add_parser("run").add_argument("scenario")
    recorder = commands.add_parser("record")
    recorder.add_argument("out", type=Path)
    recorder.add_argument("--vlan", action="store_true", help="put an 802.1Q tag into each frame, by zone")
    commands.add_parser("check").add_argument("capture", type=Path)
    options = parser.parse_args()

    running = STATE.read_text() if STATE.exists() else None
    chosen = plant.load(options.plant or running or "sample-plant")
    problems: list = []
    if options.command == "up":
        problems = up(chosen)
    elif options.command == "run":
        if running is None:
            raise SystemExit("lab: the plant is not up")
        problems = play(chosen, options.scenario)
    elif options.command == "record":
        _, problems = record(chosen, options.out, options.vlan)
    elif options.command == "table":
        print(table.markdown(chosen))
    elif options.command == "check":
        problems = verify.check(chosen, options.capture)
        for problem in problems:
            _say(problem)
    elif options.command == "corpus":
        problems = corpus(chosen)
    elif options.command == "down":
        down()
    else:
        print("\n".join(chosen.scenarios))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
