"""Accounts of the plant's hosts, laid over the machine's own inside a host's mount namespace only."""

import subprocess
from pathlib import Path

from .plant import RUN, Host
from .procs import home

PAM = """auth required pam_unix.so nullok
account required pam_permit.so
session required pam_permit.so
password required pam_deny.so
"""

SHELL = """#!/bin/sh
# The device's command line, as far as the scenarios need one.
[ "$1" = -c ] && {{ shift; set -- $1; case "$1" in show) cat "{banner}";; sftp*|scp*) exit 1;; *) echo ok;; esac; exit 0; }}
cat "{banner}"
while printf '%s' '{prompt} '; do
    read -r line || exit 0
    case "$line" in
        show*) cat "{banner}";;
        exit|quit|logout) exit 0;;
        "") ;;
        *) echo "ok";;
    esac
done
"""


def crypted(password: str, method: str = "-6") -> str:
    done = subprocess.run(["openssl", "passwd", method, password], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def client_key() -> Path:
    """The key with which the plant's SSH clients log in."""
    path = RUN / "keys" / "client"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


def _shell(folder: Path, service: dict) -> str:
    banner = folder / "banner.txt"
    banner.write_text(service.get("banner", "").rstrip() + "\n")
    shell = folder / "shell"
    shell.write_text(SHELL.format(banner=banner, prompt=service.get("prompt", "$")))
    shell.chmod(0o755)
    return str(shell)


def binds(host: Host, service: dict) -> dict[str, str]:
    """Writes passwd, shadow, group and PAM rules for the service's users; returns the bind mounts."""
    folder = home(host.name) / f"etc-{service['kind']}"
    folder.mkdir(exist_ok=True)
    shell = _shell(folder, service)
    users = service.get("users", {})
    passwd = Path("/etc/passwd").read_text()
    shadow = "root:*:19000:0:99999:7:::\n"
    for number, (user, password) in enumerate(users.items()):
        passwd += f"{user}:x:{3000 + number}:100:{user}:/:{shell}\n"
        secret = crypted(password) if password else "*"
        shadow += f"{user}:{secret}:19000:0:99999:7:::\n"
    (folder / "passwd").write_text(passwd)
    (folder / "shadow").write_text(shadow)
    (folder / "shells").write_text(f"/bin/sh\n{shell}\n")
    rules = folder / "pam.d"
    rules.mkdir(exist_ok=True)
    for name in ("login", "vsftpd", "sshd", "other", "remote"):
        (rules / name).write_text(PAM)
    (folder / "motd").write_text("")
    names = ["passwd", "shadow", "shells", "pam.d"]
    return {f"/etc/{name}": str(folder / name) for name in names}
