"""Starting and ending programs inside a host's namespace."""

import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

from . import net
from .plant import LAB, RUN, Host

PYTHON = RUN / "venv" / "bin" / "python"


def home(host_name: str) -> Path:
    """The host's own folder for configuration, logs and state."""
    path = RUN / "hosts" / host_name
    path.mkdir(parents=True, exist_ok=True)
    return path


def prepare(host: Host, names: dict[str, str]) -> None:
    """The host's own name files: without them programs would look at the machine's."""
    rows = ["127.0.0.1 localhost", *(f"{ip} {name}" for name, ip in names.items())]
    (home(host.name) / "hosts").write_text("\n".join(rows) + "\n")
    (home(host.name) / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")


def wrapped(host: Host, command: list[str], binds: dict[str, str] | None = None) -> list[str]:
    """The command inside the host's network, name and mount namespaces.

    `binds` lays a file or folder of the host over one of the machine's, for that process only.
    """
    folders = "/run/sshd /run/lldpd /run/xrdp /run/samba /run/vsftpd/empty"
    setup = [f"hostname {shlex.quote(host.name)}", "mount -t tmpfs tmpfs /run", f"mkdir -p {folders}"]
    binds = {f"/etc/{name}": str(home(host.name) / name) for name in ("hosts", "resolv.conf")} | (binds or {})
    setup += [
        f"mount --bind {shlex.quote(source)} {shlex.quote(target)}"
        for target, source in binds.items()
    ]
    setup.append(f"cd {shlex.quote(str(home(host.name)))}")
    setup.append('exec "$@"')
    return ["ip", "netns", "exec", net.namespace(host.name), "unshare", "--uts", "--mount",
            "sh", "-c", " && ".join(setup), "sh", *command]


def start(host: Host, label: str, command: list[str], binds: dict[str, str] | None = None):
    log = (home(host.name) / f"{label}.log").open("ab")
    environment = dict(os.environ, PYTHONPATH=str(LAB), PYTHONUNBUFFERED="1", HOME=str(home(host.name)))
    return subprocess.Popen(
        wrapped(host, command, binds),
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True,
    )


def last_words(host_name: str, label: str, lines: int = 4) -> str:
    path = home(host_name) / f"{label}.log"
    text = path.read_text(errors="replace") if path.exists() else ""
    return "\n".join("      " + line for line in text.strip().splitlines()[-lines:])


def _pids(space: str) -> list[int]:
    return [int(pid) for pid in net.sh("ip", "netns", "pids", space, check=False).split()]


def end_all() -> None:
    """Ends every process in the lab's namespaces, and no other."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        pids = [pid for space in net.namespaces() for pid in _pids(space)]
        for pid in pids:
            try:
                os.kill(pid, sign)
            except ProcessLookupError:
                pass
        if not pids:
            return
        time.sleep(1.0)
