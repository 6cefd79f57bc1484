"""Ground truth of a capture, from the plant's own host table."""

import hashlib
import json
import time
from pathlib import Path

from .plant import Host, Plant

ATTRIBUTES = ("vendor", "product", "order_number", "firmware", "serial")


def _row(plant: Plant, host: Host) -> dict:
    mirrored = [leg for leg in host.legs if leg.zone.mirrored]
    row = {
        "name": host.name,
        "ips": [leg.ip for leg in host.legs] if host.is_router else [host.ip],
        "macs": [leg.mac for leg in mirrored],
        "zone": host.zone.name,
        "role": host.role,
        "role_accept": [host.role, *host.role_accept],
        "level": host.level,
        "level_accept": [host.level, *host.level_accept],
        "dns_name": plant.fqdn(host),
    }
    row |= {key: host.identity.get(key) for key in ATTRIBUTES}
    row["note"] = host.note
    return row


def expected(plant: Plant, capture_name: str, digest: str) -> dict:
    zones = [
        {"name": zone.name, "subnet": zone.subnet, "vlan": zone.vlan, "mirrored": zone.mirrored}
        for zone in plant.zones.values()
    ]
    return {
        "schema": "sightglass.lab.expected/1",
        "capture": capture_name,
        "sha256": digest,
        "site": plant.title,
        "about": "What the plant really is. Identity attributes are those its servers are set to show; "
                 "null: the host shows none. Any value in role_accept or level_accept is a right answer. "
                 "Enterprise hosts have no MAC address of their own in the capture.",
        "zones": zones,
        "hosts": [_row(plant, host) for host in plant.hosts.values()],
    }


def write(plant: Plant, packed: Path, count: int, vlan: bool) -> None:
    """The two files beside a capture of the corpus: where it comes from, and what it should show."""
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    stem = packed.name.split(".")[0]
    document = expected(plant, packed.name, digest)
    beside = packed.with_name(f"{stem}.expected.json")
    beside.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    packed.with_name(f"{stem}.toml").write_text("\n".join([
        f'file = "{packed.name}"',
        f'title = "{plant.title}"',
        f'sha256 = "{digest}"',
        f"date = {time.strftime('%Y-%m-%d', time.gmtime())}",
        f"frames = {count}",
        'licence = "CC0-1.0"',
        'origin = "made by this project: lab/lab.py, plant lab/plants/' + plant.name + '.toml"',
        'how = """',
        "Third-party servers and clients in Linux network namespaces, recorded at a passive mirror of",
        "every bridge port of the mirrored zones. A packet routed between two mirrored zones is there",
        "twice. Frames and times are as recorded" + ("; 802.1Q tags were added by zone." if vlan else "."),
        '"""',
        f'scenarios = {json.dumps(plant.extra["record"])}',
        f'expected = "{beside.name}"',
        "",
    ]))
