"""Client programs from Debian: the command of each kind of scenario step."""

import shlex
from collections.abc import Callable

from . import accounts
from .plant import Host, Plant
from .procs import home


def dhcp(plant: Plant, host: Host, step: dict) -> list[str]:
    """DISCOVER to ACK with host name and vendor class. `-sf /bin/true`: nothing is changed."""
    folder = home(host.name)
    rows = [f'send host-name "{host.name}";']
    if "vendor_class" in step:
        rows.append(f'send vendor-class-identifier "{step["vendor_class"]}";')
    rows.append("request subnet-mask, routers, domain-name-servers, domain-name, ntp-servers;")
    (folder / "dhclient.conf").write_text("\n".join(rows) + "\n")
    (folder / "dhclient.leases").unlink(missing_ok=True)
    return ["dhclient", "-1", "-v", "-sf", "/bin/true", "-cf", str(folder / "dhclient.conf"),
            "-lf", str(folder / "dhclient.leases"), "-pf", "/run/dhclient.pid", "eth0"]


def dns(plant: Plant, host: Host, step: dict) -> list[str]:
    names = " ".join(f"{name}.{plant.domain}" for name in step["names"])
    return ["sh", "-c", f"for n in {names}; do dig +tries=1 +time=2 @{step['target']} $n A; done"]


def ntp(plant: Plant, host: Host, step: dict) -> list[str]:
    return ["chronyd", "-Q", "-t", "8", "-f", "/dev/null", f"server {step['target']} iburst maxsamples 2"]


def ssh(plant: Plant, host: Host, step: dict) -> list[str]:
    return ["ssh", "-i", str(accounts.client_key()), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "IdentitiesOnly=yes", f"{step['user']}@{step['target']}", step.get("command", "show version")]


def telnet(plant: Plant, host: Host, step: dict) -> list[str]:
    lines = [
        "set timeout 8", f"spawn telnet {step['target']}",
        'expect "ogin:"', f'send "{step["user"]}\\r"', 'expect "assword:"', f'send "{step["password"]}\\r"',
    ]
    for command in step["commands"]:
        lines += [f'expect "{step["prompt"]}"', "sleep 0.4", f'send "{command}\\r"']
    lines += [f'expect "{step["prompt"]}"', 'send "exit\\r"', "expect eof"]
    return ["expect", "-c", "\n".join(lines)]


def ftp(plant: Plant, host: Host, step: dict) -> list[str]:
    commands = "; ".join(["set ftp:ssl-allow no", "set net:timeout 5", "set net:max-retries 2",
                          f"open -u {step['user']},{step['password']} {step['target']}", *step["commands"], "bye"])
    return ["lftp", "-c", commands]


def http(plant: Plant, host: Host, step: dict) -> list[str]:
    scheme = "https" if step.get("tls") else "http"
    basic = ["--anyauth", "-u", ":".join(step["basic"])] if "basic" in step else []
    agent = ["-A", step["agent"]] if "agent" in step else []
    pages = [f"{scheme}://{step['target']}{page}" for page in step.get("pages", ["/"])]
    pages = [part for page in pages for part in ("-o", "/dev/null", page)]
    old = ["--tls-max", "1.0", "--ciphers", "DEFAULT@SECLEVEL=0"] if step.get("old_tls") else []
    return ["curl", "-sSk", "--http1.1", "-m", "8", *old, *basic, *agent, *pages]


def smb(plant: Plant, host: Host, step: dict) -> list[str]:
    return ["smbclient", "-N", "-s", "/dev/null", f"//{step['target']}/{step['share']}", "-c", step["commands"]]


def rdp(plant: Plant, host: Host, step: dict) -> list[str]:
    """A real client on a virtual screen looks at the login screen for some seconds."""
    display = f":{step.get('display', 77)}"
    client = (f"xfreerdp /v:{step['target']} /u:{shlex.quote(step['user'])} /sec:tls /bpp:24 /size:640x480 "
              f"/cert:ignore /client-hostname:{step.get('client', host.name)}")
    script = (f"Xvfb {display} -screen 0 800x600x24 -nolisten tcp >/dev/null 2>&1 & x=$!; sleep 1.5; "
              f"DISPLAY={display} timeout {step.get('seconds', 8)} {client}; "
              f"code=$?; kill $x; [ $code = 124 ] || exit $code")
    return ["sh", "-c", script]


def snmp(plant: Plant, host: Host, step: dict) -> list[str]:
    rows = [f"snmpwalk -v2c -c {step['community']} -t 2 -r 1 {step['target']} {oid}"
            for oid in step.get("oids", [".1.3.6.1.2.1.1", ".1.3.6.1.2.1.47"])]
    return ["sh", "-c", "; ".join(rows)]


def snmp_set(plant: Plant, host: Host, step: dict) -> list[str]:
    return ["snmpset", "-v2c", "-c", step["community"], "-t", "2", "-r", "1", step["target"], step["oid"], "s", step["value"]]


def ping(plant: Plant, host: Host, step: dict) -> list[str]:
    return ["ping", "-c", str(step.get("count", 3)), "-i", "0.5", "-W", "1", step["target"]]


KINDS: dict[str, Callable[[Plant, Host, dict], list[str]]] = {
    "dhcp": dhcp, "dns": dns, "ntp": ntp, "ssh": ssh, "telnet": telnet, "ftp": ftp, "http": http,
    "smb": smb, "rdp": rdp, "snmp": snmp, "snmp_set": snmp_set, "ping": ping,
}
