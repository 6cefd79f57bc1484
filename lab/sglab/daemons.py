"""Servers from Debian: what each needs on disk, and its start command."""

import ipaddress
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import accounts
from .plant import Host, Plant
from .procs import home


@dataclass
class Launch:
    command: list[str]
    binds: dict[str, str] = field(default_factory=dict)


def _write(host: Host, name: str, text: str) -> str:
    path = home(host.name) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def certificate(host: Host, common_name: str, organisation: str) -> tuple[str, str]:
    """A self-signed certificate, as plant devices have them; made once per host."""
    key, cert = home(host.name) / "tls-key.pem", home(host.name) / "tls-cert.pem"
    if not cert.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1825",
             "-subj", f"/O={organisation}/CN={common_name}", "-addext", f"subjectAltName=DNS:{common_name},IP:{host.ip}",
             "-keyout", str(key), "-out", str(cert)],
            check=True, capture_output=True,
        )
    return str(key), str(cert)


def ssh(plant: Plant, host: Host, service: dict) -> Launch:
    key = home(host.name) / "ssh_host_ed25519"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True)
    config = _write(host, "sshd.conf", "\n".join([
        "Port 22", f"HostKey {key}", "UsePAM no", "StrictModes no", "PidFile none", "PrintMotd no",
        f"AuthorizedKeysFile {accounts.client_key()}.pub", "PasswordAuthentication no", "",
    ]))
    return Launch(["/usr/sbin/sshd", "-D", "-e", "-f", config], accounts.binds(host, service))


def telnet(plant: Plant, host: Host, service: dict) -> Launch:
    config = _write(host, "inetd.conf", "telnet stream tcp nowait root /usr/sbin/telnetd telnetd -h\n")
    return Launch(["/usr/sbin/inetd", "-i", config], accounts.binds(host, service))


def ftp(plant: Plant, host: Host, service: dict) -> Launch:
    root = home(host.name) / "ftp"
    root.mkdir(exist_ok=True)
    for name, text in service.get("files", {}).items():
        (root / name).write_text(text)
    config = _write(host, "vsftpd.conf", "\n".join([
        "listen=YES", "background=NO", "local_enable=YES", "write_enable=YES", "anonymous_enable=NO",
        f"ftpd_banner={service['banner']}", f"local_root={root}",
        "chroot_local_user=YES", "allow_writeable_chroot=YES", "seccomp_sandbox=NO", "use_localtime=YES",
        "pam_service_name=vsftpd", f"secure_chroot_dir={root}", "check_shell=NO", "",
    ]))
    return Launch(["/usr/sbin/vsftpd", config], accounts.binds(host, service))


def _pages(host: Host, service: dict) -> Path:
    root = home(host.name) / "www"
    root.mkdir(exist_ok=True)
    for folder in (root.parent.parent.parent, root.parent.parent, root.parent, root):
        folder.chmod(0o755)
    for name, text in service["pages"].items():
        (root / name).write_text(text)
    return root


def _old_tls(service: dict) -> list[str]:
    """Devices that stopped at an old TLS version; the library must be told to allow it."""
    if "protocols" not in service:
        return []
    return [f"ssl_protocols {service['protocols']};", "ssl_ciphers DEFAULT@SECLEVEL=0;"]


def http(plant: Plant, host: Host, service: dict) -> Launch:
    lines = [f"root {_pages(host, service)};"]
    if service.get("tls"):
        common_name = service.get("common_name", plant.fqdn(host))
        key, cert = certificate(host, common_name, service.get("organisation", plant.title))
        lines += ["listen 443 ssl;", *_old_tls(service), f"ssl_certificate {cert};", f"ssl_certificate_key {key};"]
    else:
        lines.append("listen 80;")
    if "basic" in service:
        user, password = service["basic"]
        entry = accounts.crypted(password, "-apr1")
        _write(host, "htpasswd", f"{user}:{entry}\n")
        realm = service.get("realm", host.name)
        lines += [f'auth_basic "{realm}";', f"auth_basic_user_file {home(host.name) / 'htpasswd'};"]
    label = "https" if service.get("tls") else "http"
    config = _write(host, f"nginx-{label}.conf", "\n".join([
        "daemon off; worker_processes 1; pid none.pid; error_log stderr;".replace("none", label),
        "events { worker_connections 32; }",
        "http { access_log off; default_type text/html;",
        *(f"  {kind}_temp_path {home(host.name)}/{label}-{kind};"
          for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")),
        "  server {", *("    " + line for line in lines), "  }", "}", "",
    ]))
    return Launch(["/usr/sbin/nginx", "-p", str(home(host.name)), "-c", config])


CAPABILITIES = {"switch": "bridge", "router": "bridge,router"}


def lldp(plant: Plant, host: Host, service: dict) -> Launch:
    rows = [
        f"configure system hostname {service.get('name', host.name)}",
        f"configure system description \"{service['description']}\"",
        f"configure system ip management pattern {host.ip}",
        "configure lldp tx-interval 30",
        f"configure system capabilities enabled {service.get('capabilities', CAPABILITIES.get(host.role, 'station'))}",
        f"configure system interface pattern {','.join(leg.device for leg in host.legs)}",
    ]
    inventory = service.get("inventory", {})
    if inventory:  # left to itself, lldpd would tell this machine's kernel version
        inventory = {"software-revision": inventory["firmware-revision"]} | inventory
    rows += [f"configure inventory {key} \"{value}\"" for key, value in inventory.items()]
    config = _write(host, "lldpd.conf", "\n".join(rows) + "\n")
    med = ["-M", "4"] if "inventory" in service else []
    return Launch(["/usr/sbin/lldpd", "-d", "-O", config, "-u", "/run/lldpd.socket", *med])


def snmp(plant: Plant, host: Host, service: dict) -> Launch:
    rows = [
        f"agentaddress udp:{host.ip}:161",
        f"sysDescr {service['description']}",
        f"sysObjectID {service['object_id']}",
        f"sysName {service.get('name', host.name)}",
        f"sysContact {service.get('contact', 'plant-it@' + plant.domain)}",
        "view shown included .1.3.6.1.2.1.1",
        "view shown included .1.3.6.1.2.1.2.1",
        "view shown included .1.3.6.1.2.1.47",
        f"rocommunity {service['community']} default -V shown",
    ]
    if "write_community" not in service:  # a configured location can not be set
        rows.append(f"sysLocation {host.zone.title}")
    else:
        rows.append(f"rwcommunity {service['write_community']} default -V shown")
    columns = {"description": 2, "hardware": 8, "firmware": 9, "software": 10, "serial": 11, "maker": 12, "model": 13}
    for key, value in service.get("entity", {}).items():
        rows.append(f"override .1.3.6.1.2.1.47.1.1.1.1.{columns[key]}.1 octet_str \"{value}\"")
    config = _write(host, "snmpd.conf", "\n".join(rows) + "\n")
    state = home(host.name) / "snmp"
    state.mkdir(exist_ok=True)
    return Launch(["env", f"SNMP_PERSISTENT_DIR={state}", "/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", config])


def _lease_rows(plant: Plant) -> list[str]:
    rows = []
    for host in plant.hosts.values():
        if any(service["kind"] == "dhcp-client" for service in host.services):
            rows.append(f"dhcp-host={host.legs[0].mac},{host.ip},{host.name},12h")
    return rows


def infra(plant: Plant, host: Host, service: dict) -> Launch:
    """DNS and DHCP of the plant."""
    rows = [
        "keep-in-foreground", "no-resolv", "no-hosts", "log-facility=-", f"domain={plant.domain}",
        f"local=/{plant.domain}/", f"dhcp-leasefile={home(host.name)}/leases", "dhcp-authoritative",
        "no-ping", "user=root", f"dhcp-option=option:ntp-server,{host.ip}",
        f"dhcp-option=option:dns-server,{host.ip}",
    ]
    for name in service["dhcp_zones"]:
        zone = plant.zones[name]
        network = ipaddress.ip_network(zone.subnet)
        rows.append(f"dhcp-range=set:{name},{network[200]},{network[240]},{network.netmask},12h")
        rows.append(f"dhcp-option=tag:{name},option:router,{plant.gateway_of(zone)}")
    rows += [f"host-record={plant.fqdn(other)},{other.ip}" for other in plant.hosts.values()]
    config = _write(host, "dnsmasq.conf", "\n".join(rows + _lease_rows(plant)) + "\n")
    return Launch(["/usr/sbin/dnsmasq", "-C", config])


def dhcp_relay(plant: Plant, host: Host, service: dict) -> Launch:
    server = plant.hosts[service["server"]].ip
    rows = ["keep-in-foreground", "port=0", "no-resolv", "no-hosts", "log-facility=-", "user=root"]
    rows += [f"dhcp-relay={plant.gateway_of(plant.zones[name])},{server}" for name in service["zones"]]
    config = _write(host, "relay.conf", "\n".join(rows) + "\n")
    return Launch(["/usr/sbin/dnsmasq", "-C", config])


def ntp(plant: Plant, host: Host, service: dict) -> Launch:
    config = _write(host, "chrony.conf", "\n".join([
        "local stratum 3", "allow all", "cmdport 0", "bindcmdaddress /", f"driftfile {home(host.name)}/drift",
        "pidfile /run/chronyd.pid", "user root", "",
    ]))
    return Launch(["/usr/sbin/chronyd", "-x", "-d", "-f", config])


def smb(plant: Plant, host: Host, service: dict) -> Launch:
    share = home(host.name) / "share"
    share.mkdir(exist_ok=True)
    for name, text in service.get("files", {}).items():
        (share / name).write_text(text)
    state = home(host.name) / "samba"
    state.mkdir(exist_ok=True)
    places = [f"{key} = {state}" for key in (
        "lock directory", "state directory", "cache directory", "private dir", "pid directory", "ncalrpc dir")]
    config = _write(host, "smb.conf", "\n".join([
        "[global]", "workgroup = PLANT", f"netbios name = {host.name.upper()[:15]}", f"server string = {service['string']}",
        "map to guest = Bad User", "disable netbios = yes", "smb ports = 445", "log level = 0", "load printers = no",
        "disable spoolss = yes", *places, f"[{service['share']}]", f"path = {share}", "guest ok = yes", "read only = no",
        "force user = root", "",
    ]))
    return Launch(["/usr/sbin/smbd", "-F", "--no-process-group", "-s", config])


def netbios(plant: Plant, host: Host, service: dict) -> Launch:
    """Announces the host's NetBIOS name, as Windows machines do."""
    state = home(host.name) / "nmb"
    state.mkdir(exist_ok=True)
    places = [f"{key} = {state}" for key in (
        "lock directory", "state directory", "cache directory", "private dir", "pid directory", "ncalrpc dir")]
    config = _write(host, "nmb.conf", "\n".join([
        "[global]", f"workgroup = {service['workgroup']}", f"netbios name = {host.name.upper()[:15]}",
        f"server string = {service.get('string', '')}", "log level = 0", "local master = no", "preferred master = no",
        "domain master = no", "interfaces = eth0", "bind interfaces only = yes", *places, "",
    ]))
    return Launch(["/usr/sbin/nmbd", "-F", "--no-process-group", "-s", config])


def mqtt(plant: Plant, host: Host, service: dict) -> Launch:
    passwords = home(host.name) / "mqtt-users"
    passwords.unlink(missing_ok=True)
    passwords.touch(mode=0o600)
    for user, password in service.get("users", {}).items():
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, password], check=True, capture_output=True)
    config = _write(host, "mosquitto.conf", "\n".join([
        "listener 1883", f"password_file {passwords}", "user root", "sys_interval 0", "persistence false",
        f"allow_anonymous {'true' if service.get('anonymous') else 'false'}", "",
    ]))
    return Launch(["/usr/sbin/mosquitto", "-c", config])


def rdp(plant: Plant, host: Host, service: dict) -> Launch:
    key, cert = certificate(host, plant.fqdn(host), plant.title)
    config = _write(host, "xrdp.ini", "\n".join([
        "[Globals]", "ini_version=1", "fork=true", "port=3389", "security_layer=tls", "crypt_level=high",
        f"certificate={cert}", f"key_file={key}", "ssl_protocols=TLSv1.2", "autorun=", "bitmap_cache=true",
        "bitmap_compression=true", "max_bpp=24", "allow_channels=true", "ls_title=" + host.name, "ls_top_window_bg_color=009cb5",
        "[Logging]", f"LogFile={home(host.name)}/xrdp.log", "LogLevel=INFO", "EnableSyslog=false",
        "[Channels]", "[Console]", "name=Console", "lib=libvnc.so", "username=ask", "password=ask", "ip=127.0.0.1", "port=5910", "",
    ]))
    return Launch(["/usr/sbin/xrdp", "--nodaemon", "-c", config])


KINDS: dict[str, Callable[[Plant, Host, dict], Launch]] = {
    "ssh": ssh, "telnet": telnet, "ftp": ftp, "http": http, "lldp": lldp, "snmp": snmp,
    "dns-dhcp": infra, "dhcp-relay": dhcp_relay, "ntp": ntp, "smb": smb, "netbios": netbios, "mqtt": mqtt, "rdp": rdp,
}
