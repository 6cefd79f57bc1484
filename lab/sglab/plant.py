"""The plant as data: zones and hosts read from a TOML file in lab/plants/."""

import re
import tomllib
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
RUN = LAB / ".run"

ROLES = {
    "plc", "rtu", "ied", "safety_controller", "remote_io", "drive", "field_device", "hmi",
    "scada_server", "engineering_workstation", "historian", "gateway", "switch", "router",
    "firewall", "access_point", "jump_host", "server", "workstation", "printer", "camera",
    "phone", "mobile", "unknown",
}
MAC = re.compile(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")


@dataclass(frozen=True)
class Zone:
    name: str
    subnet: str
    mirrored: bool
    vlan: int
    title: str = ""

    @property
    def prefix(self) -> int:
        return ip_network(self.subnet).prefixlen


@dataclass(frozen=True)
class Leg:
    """One network interface of a host."""

    zone: Zone
    ip: str
    mac: str
    device: str


@dataclass(frozen=True)
class Host:
    name: str
    role: str
    level: float
    legs: tuple[Leg, ...]
    identity: dict
    services: tuple[dict, ...]
    hostnames: tuple[str, ...]
    ttl: int = 64
    note: str = ""
    role_accept: tuple[str, ...] = ()
    level_accept: tuple[float, ...] = ()
    advisories: dict = field(default_factory=dict)

    @property
    def ip(self) -> str:
        return self.legs[0].ip

    @property
    def zone(self) -> Zone:
        return self.legs[0].zone

    @property
    def is_router(self) -> bool:
        return len(self.legs) > 1


@dataclass(frozen=True)
class Plant:
    name: str
    title: str
    domain: str
    zones: dict[str, Zone]
    hosts: dict[str, Host]
    scenarios: dict[str, dict]
    extra: dict = field(default_factory=dict)

    @property
    def router(self) -> Host:
        return next(host for host in self.hosts.values() if host.is_router)

    def gateway_of(self, zone: Zone) -> str:
        return next(leg.ip for leg in self.router.legs if leg.zone.name == zone.name)

    def fqdn(self, host: Host) -> str:
        return f"{host.name}.{self.domain}"


def _legs(raw: dict, zones: dict[str, Zone]) -> tuple[Leg, ...]:
    rows = raw.get("legs") or [{"zone": raw["zone"], "ip": raw["ip"], "mac": raw["mac"]}]
    return tuple(
        Leg(zones[row["zone"]], row["ip"], row["mac"], f"eth{number}")
        for number, row in enumerate(rows)
    )


def _filled(value, identity: dict):
    """The value with {vendor}, {product} and so on replaced by what the host's row says."""
    if isinstance(value, str):
        for key, text in identity.items():
            value = value.replace("{" + key + "}", text)
        return value
    if isinstance(value, dict):
        return {key: _filled(inner, identity) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, identity) for inner in value]
    return value


def _host(raw: dict, zones: dict[str, Zone]) -> Host:
    identity = raw.get("identity", {})
    return Host(
        name=raw["name"],
        role=raw["role"],
        level=raw["level"],
        legs=_legs(raw, zones),
        identity=identity,
        services=tuple(_filled(raw.get("services", []), identity)),
        hostnames=tuple(raw.get("hostnames", [])),
        ttl=raw.get("ttl", 64),
        note=raw.get("note", ""),
        role_accept=tuple(raw.get("role_accept", [])),
        level_accept=tuple(raw.get("level_accept", [])),
        advisories=raw.get("advisories", {}),
    )


def _check(plant: Plant) -> None:
    """Stops at the first mistake in the data file, with words that point at it."""
    seen: dict[str, str] = {}
    for host in plant.hosts.values():
        assert host.role in ROLES, f"{host.name}: unknown role {host.role}"
        assert len(host.name) <= 20, f"{host.name}: names are at most 20 characters"
        for leg in host.legs:
            assert MAC.match(leg.mac), f"{host.name}: bad MAC {leg.mac}"
            inside = ip_address(leg.ip) in ip_network(leg.zone.subnet)
            assert inside, f"{host.name}: {leg.ip} is not in {leg.zone.subnet}"
            for key in (leg.ip, leg.mac):
                assert key not in seen, f"{host.name}: {key} already belongs to {seen[key]}"
                seen[key] = host.name
    for title, scenario in plant.scenarios.items():
        for step in scenario["steps"]:
            for key in ("host", "target"):
                known = key not in step or step[key] in plant.hosts
                assert known, f"scenario {title}: no host {step.get(key)}"


def load(name: str) -> Plant:
    path = LAB / "plants" / f"{name}.toml"
    raw = tomllib.loads(path.read_text())
    zones = {row["name"]: Zone(**row) for row in raw["zones"]}
    hosts = {row["name"]: _host(row, zones) for row in raw["hosts"]}
    plant = Plant(
        name=raw["plant"]["name"],
        title=raw["plant"]["title"],
        domain=raw["plant"]["domain"],
        zones=zones,
        hosts=hosts,
        scenarios=raw["scenarios"],
        extra=raw["plant"],
    )
    _check(plant)
    return plant
