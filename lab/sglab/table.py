"""The plant as a Markdown table, for the README."""

from .plant import Host, Plant

SOFTWARE = {
    "s7": "python-snap7", "s7plus": "s7commplus", "enip": "cpppo", "modbus": "pymodbus", "opcua": "asyncua",
    "dnp3": "dnp3py", "iec104": "c104", "mms": "libiec61850", "bacnet": "bacpypes3", "ssh": "OpenSSH",
    "telnet": "inetutils-telnetd", "ftp": "vsftpd", "http": "nginx", "lldp": "lldpd", "snmp": "snmpd",
    "dns-dhcp": "dnsmasq", "dhcp-relay": "dnsmasq (relay)", "ntp": "chrony", "smb": "Samba", "netbios": "nmbd",
    "mqtt": "Mosquitto", "rdp": "xrdp", "dhcp-client": "dhclient",
}


def _identity(host: Host) -> str:
    return " ".join(str(value) for value in host.identity.values()) or "-"


def _row(host: Host) -> str:
    addresses = "<br>".join(leg.ip for leg in host.legs)
    macs = "<br>".join(leg.mac for leg in host.legs)
    software = ", ".join(dict.fromkeys(SOFTWARE[service["kind"]] for service in host.services)) or "clients only"
    zone = "all" if host.is_router else host.zone.name
    return f"| {host.name} | {addresses} | {macs} | {zone} | {host.level} | {host.role} | {software} | {_identity(host)} |"


def markdown(plant: Plant) -> str:
    head = ["| host | IP | MAC | zone | level | role | servers | identity it shows |", "|---|---|---|---|---|---|---|---|"]
    zones = [f"- {zone.name} ({zone.title}): {zone.subnet}, VLAN {zone.vlan}" + ("" if zone.mirrored else ", not mirrored")
             for zone in plant.zones.values()]
    return "\n".join([*zones, "", *head, *(_row(host) for host in plant.hosts.values())])
