"""Namespaces, bridges and the passive mirror.

Every host has a network namespace of its own. One more namespace, the wire, holds a bridge per
zone and the host ends' peers. A traffic-control filter on the ingress of every bridge port of a
mirrored zone copies each frame to `span0`; its peer `mon0`, alone in the sensor's namespace, is
the mirror port. Nothing can be sent from there into the plant: `span0` is no bridge port.
"""

import subprocess

from .plant import Plant

PREFIX = "sglab-"
WIRE = f"{PREFIX}wire"
SENSOR = f"{PREFIX}sensor"
OFFLOADS = "rx tx sg tso gso gro rxvlan txvlan".split()


def namespace(host_name: str) -> str:
    return f"{PREFIX}{host_name}"


def sh(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise SystemExit(f"lab: {' '.join(command)}\n{done.stderr.strip()}")
    return done.stdout


def inside(space: str, *command: str, check: bool = True) -> str:
    return sh("ip", "netns", "exec", space, *command, check=check)


def _offloads_off(space: str, devices: list[str]) -> None:
    """With offloads on, captures hold unfinished checksums and frames above the MTU."""
    switches = " ".join(f"{name} off" for name in OFFLOADS)
    script = "\n".join(f"ethtool -K {device} {switches} >/dev/null 2>&1" for device in devices)
    inside(space, "sh", "-c", script, check=False)


def _quiet(space: str, ttl: int = 64, forward: bool = False) -> None:
    """No IPv6 autoconfiguration noise, the maker's usual TTL, forwarding only in the router."""
    settings = [
        "net.ipv6.conf.all.disable_ipv6=1",
        "net.ipv6.conf.default.disable_ipv6=1",
        f"net.ipv4.ip_default_ttl={ttl}",
        f"net.ipv4.ip_forward={int(forward)}",
        "net.ipv4.conf.all.send_redirects=0",
        "net.ipv4.conf.default.send_redirects=0",
        "net.ipv4.conf.all.arp_announce=2",
        "net.ipv4.conf.all.arp_ignore=1",
    ]
    inside(space, "sysctl", "-q", "-w", *settings, check=False)


def _make_wire(plant: Plant) -> None:
    for space in (WIRE, SENSOR):
        sh("ip", "netns", "add", space)
        _quiet(space)
    sh("ip", "link", "add", "span0", "netns", WIRE, "type", "veth",
       "peer", "name", "mon0", "netns", SENSOR)
    for zone in plant.zones.values():
        inside(WIRE, "ip", "link", "add", f"br-{zone.vlan}", "type", "bridge",
               "forward_delay", "0", "stp_state", "0", "mcast_snooping", "0")
        inside(WIRE, "ip", "link", "set", f"br-{zone.vlan}", "up")
    inside(WIRE, "ip", "link", "set", "span0", "up")
    inside(SENSOR, "ip", "link", "set", "mon0", "up", "promisc", "on")
    inside(SENSOR, "ip", "link", "set", "lo", "up")
    _offloads_off(WIRE, ["span0"])
    _offloads_off(SENSOR, ["mon0"])


def _mirror(port: str) -> None:
    inside(WIRE, "tc", "qdisc", "add", "dev", port, "clsact")
    inside(WIRE, "tc", "filter", "add", "dev", port, "ingress", "protocol", "all",
           "u32", "match", "u32", "0", "0", "action", "mirred", "egress", "mirror", "dev", "span0")


def _plug_in(plant: Plant, number: int, host) -> list[str]:
    """Gives one host its namespace and cables; returns the names of its bridge ports."""
    space = namespace(host.name)
    sh("ip", "netns", "add", space)
    _quiet(space, host.ttl, forward=host.is_router)
    ports = []
    for leg in host.legs:
        port = f"p{number}-{leg.zone.vlan}"
        sh("ip", "link", "add", port, "netns", WIRE, "type", "veth",
           "peer", "name", leg.device, "netns", space, "address", leg.mac)
        inside(WIRE, "ip", "link", "set", port, "master", f"br-{leg.zone.vlan}", "up")
        if leg.zone.mirrored:
            _mirror(port)
        inside(space, "ip", "addr", "add", f"{leg.ip}/{leg.zone.prefix}", "brd", "+", "dev", leg.device)
        ports.append(port)
    _offloads_off(space, [leg.device for leg in host.legs])
    lines = ["link set lo up"] + [f"link set {leg.device} up" for leg in host.legs]
    if not host.is_router:
        lines.append(f"route add default via {plant.gateway_of(host.zone)}")
    for line in lines:
        inside(space, "ip", *line.split())
    return ports


def up(plant: Plant) -> None:
    _make_wire(plant)
    ports: list[str] = []
    for number, host in enumerate(plant.hosts.values()):
        ports += _plug_in(plant, number, host)
    _offloads_off(WIRE, ports)


def namespaces() -> list[str]:
    names = [line.split()[0] for line in sh("ip", "netns", "list").splitlines() if line.strip()]
    return [name for name in names if name.startswith(PREFIX)]


def down() -> None:
    for name in namespaces():
        sh("ip", "netns", "delete", name)
