"""Checks a recorded capture against the plant, with tshark as the judge."""

import collections
import ipaddress
import os
import subprocess
from pathlib import Path

from .plant import LAB, Host, Plant, Zone

FIELDS = ["frame.number", "eth.src", "ip.src", "ip.dst", "ip.ttl", "ip.id", "ip.len", "ip.proto", "tcp.seq_raw", "ip.checksum"]
CHECKSUMS = ["ip", "tcp", "udp"]


def _tshark(path: Path, *options: str) -> str:
    done = subprocess.run(["tshark", "-r", str(path), *options], capture_output=True, text=True)
    return done.stdout


def _rows(path: Path) -> list[dict]:
    options = [part for name in FIELDS for part in ("-e", name)]
    lines = _tshark(path, "-T", "fields", "-E", "occurrence=f", *options).splitlines()
    return [dict(zip(FIELDS, line.split("\t"))) for line in lines]


def _zone_of(plant: Plant, address: str) -> Zone | None:
    for zone in plant.zones.values():
        if address and ipaddress.ip_address(address) in ipaddress.ip_network(zone.subnet):
            return zone
    return None


def _macs(hosts: list[Host]) -> set[str]:
    return {leg.mac for host in hosts for leg in host.legs}


def bad_checksums(path: Path) -> list[str]:
    options = [part for name in CHECKSUMS for part in ("-o", f"{name}.check_checksum:TRUE")]
    bad = " || ".join(f"{name}.checksum.status == 0" for name in CHECKSUMS)
    found = _tshark(path, *options, "-Y", bad).splitlines()
    return [f"wrong checksum: {line.strip()}" for line in found]


def strangers(plant: Plant, rows: list[dict]) -> list[str]:
    """Frames from no interface of the plant, and hosts of unmirrored zones with their own address."""
    known = _macs(list(plant.hosts.values()))
    inside = {leg.mac for host in plant.hosts.values() for leg in host.legs if leg.zone.mirrored}
    odd = {row["eth.src"] for row in rows} - known
    own = {row["eth.src"] for row in rows if row["eth.src"] in known} - inside
    foreign = {row["ip.src"] for row in rows if row["ip.src"] not in ("", "0.0.0.0")}
    foreign = {address for address in foreign if _zone_of(plant, address) is None}
    return ([f"frames from an unknown interface {mac}" for mac in odd]
            + [f"{mac} is in no mirrored zone, yet it was seen" for mac in own]
            + [f"packets from a foreign address {address}" for address in foreign])


def undoubled(plant: Plant, rows: list[dict]) -> tuple[int, list[str]]:
    """Packets between two mirrored zones: each must be there once more, from the router, TTL less one."""
    router = _macs([plant.router])
    before: collections.Counter = collections.Counter()
    after: collections.Counter = collections.Counter()
    for row in rows:
        source, target = _zone_of(plant, row["ip.src"]), _zone_of(plant, row["ip.dst"])
        if source is None or target is None or source == target or not (source.mirrored and target.mirrored):
            continue
        if row["ip.src"] in {leg.ip for leg in plant.router.legs}:
            continue
        same = (row["ip.src"], row["ip.dst"], row["ip.id"], row["ip.len"], row["ip.proto"], row["tcp.seq_raw"])
        routed = row["eth.src"] in router
        (after if routed else before)[(*same, int(row["ip.ttl"]) + int(routed))] += 1
    to_router = {key for key in before if key[1] in {leg.ip for leg in plant.router.legs}}
    lost = [key for key in before if before[key] != after[key] and key not in to_router]
    return sum(after.values()), [f"not seen twice: {key}" for key in lost[:10]]


def told_too_much(path: Path) -> list[str]:
    """Words that would tell about the machine that recorded it."""
    data = path.read_bytes()
    words = {os.uname().release, str(LAB), str(LAB.parent)}
    return [f"the capture names {word}" for word in words if word.encode() in data]


def protocols(path: Path) -> list[str]:
    """Protocol names of the capture, as tshark's hierarchy gives them."""
    lines = _tshark(path, "-q", "-z", "io,phs").splitlines()
    names = {line.split()[0] for line in lines if "frames:" in line}
    return sorted(name for name in names if "." not in name)


def check(plant: Plant, path: Path) -> list[str]:
    rows = _rows(path)
    doubled, problems = undoubled(plant, rows)
    problems += strangers(plant, rows) + bad_checksums(path) + told_too_much(path)
    silent = [host.name for host in plant.hosts.values()
              if not any(row["ip.src"] == leg.ip for row in rows for leg in host.legs)
              and not any(row["eth.src"] in _macs([host]) for row in rows)]
    problems += [f"never seen: {name}" for name in silent]
    print(f"{len(rows)} frames, {doubled} routed copies; {' '.join(protocols(path))}", flush=True)
    return problems
