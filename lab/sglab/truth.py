"""Ground truth of a capture, from the plant's own host table."""

import hashlib
import json
import time
from pathlib import Path

from .plant import Host, Plant

ATTRIBUTES = ("vendor", "product", "order_number", "firmware", "serial")


PROTOCOLS = {
    "s7": "s7comm", "s7plus": "s7comm-plus", "snmp_set": "snmp", "profinet": "profinet-dcp", "ping": "icmp",
}
CLEAR = {"telnet", "ftp", "http", "mqtt"}


def _names(host: Host) -> list[str]:
    """Names that the host itself tells: by DHCP, NetBIOS, LLDP or SNMP."""
    names = list(host.hostnames)
    for service in host.services:
        if service["kind"] in ("dhcp-client", "netbios", "lldp", "snmp"):
            names.append(service.get("name", host.name))
    return sorted(set(names))


def _seen(plant: Plant, step: dict) -> bool:
    ends = [plant.hosts[step[key]] for key in ("host", "target") if key in step]
    return any(leg.zone.mirrored for host in ends for leg in host.legs)


def _activity(plant: Plant) -> list[dict]:
    """What the scenarios did, one row per step: who to whom, in which protocol, with which account."""
    rows = []
    for name in plant.extra["record"]:
        for step in plant.scenarios[name]["steps"]:
            module = step["do"].split(".")[0]
            protocol = "tls" if step.get("tls") else PROTOCOLS.get(module, module)
            row = {"scenario": name, "client": step["host"], "server": step.get("target"),
                   "protocol": protocol, "action": step["do"], "mirrored": _seen(plant, step)}
            user = step.get("user") or step.get("basic", [None])[0]
            if user:
                secret = "password" in step or "basic" in step
                row |= {"account": user, "password_in_clear": secret and module in CLEAR and not step.get("tls")}
            rows.append(row)
    return rows


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
        "hostnames": _names(host),
        "dns_name": plant.fqdn(host),
    }
    row |= {key: host.identity.get(key) for key in ATTRIBUTES}
    row["advisories"] = {"affected": [], "fixed": []} | host.advisories
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
                 "A host of a zone that is not mirrored has no MAC address of its own in the capture. advisories: "
                 "checked by hand against CISA's advisories as of October 2024; there are more.",
        "zones": zones,
        "hosts": [_row(plant, host) for host in plant.hosts.values()],
        "activity": _activity(plant),
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
