"""Brings up the plant's servers and plays scenarios."""

import ipaddress
import json
import time

from . import daemons, procs, tools
from .plant import Host, Plant


def _served(plant: Plant, host: Host, service: dict) -> list[str]:
    """The start command of a server that is a Python stack: its table row plus its addresses."""
    network = ipaddress.ip_network(host.zone.subnet)
    known = {
        "name": host.name, "ip": host.ip, "mac": host.legs[0].mac, "netmask": str(network.netmask),
        "gateway": "" if host.is_router else plant.gateway_of(host.zone),
    }
    config = known | {key: value for key, value in service.items() if key != "kind"}
    return [str(procs.PYTHON), "-m", "stacks.serve", service["kind"], json.dumps(config)]


def start_servers(plant: Plant) -> list[tuple[str, str, object]]:
    started = []
    names = {host.name: host.ip for host in plant.hosts.values()}
    for host in plant.hosts.values():
        procs.prepare(host, names)
        for number, service in enumerate(host.services):
            kind = service["kind"]
            if kind == "dhcp-client":
                continue
            label = f"{number}-{kind}"
            if kind in daemons.KINDS:
                launch = daemons.KINDS[kind](plant, host, service)
                process = procs.start(host, label, launch.command, launch.binds)
            else:
                process = procs.start(host, label, _served(plant, host, service))
            started.append((host.name, label, process))
    return started


def dead(started: list[tuple[str, str, object]]) -> list[str]:
    return [
        f"{host} {label} ended with {process.returncode}\n{procs.last_words(host, label)}"
        for host, label, process in started
        if process.poll() is not None
    ]


def _client(plant: Plant, host: Host, step: dict) -> list[str]:
    kind = step["do"]
    step = dict(step)
    if "target" in step:
        step["target"] = plant.hosts[step["target"]].ip
    if kind in tools.KINDS:
        return tools.KINDS[kind](plant, host, step)
    config = {key: value for key, value in step.items() if key not in ("host", "at", "do", "may_fail")}
    return [str(procs.PYTHON), "-m", "stacks.act", kind, json.dumps(config)]


def play(plant: Plant, name: str) -> list[str]:
    """Plays one scenario to its end; returns what went wrong."""
    scenario = plant.scenarios[name]
    steps = sorted(scenario["steps"], key=lambda step: step["at"])
    begun = time.monotonic()
    running = []
    for number, step in enumerate(steps):
        time.sleep(max(0.0, begun + step["at"] - time.monotonic()))
        host = plant.hosts[step["host"]]
        label = f"{name}-{number:02}-{step['do']}"
        running.append((step, label, procs.start(host, label, _client(plant, host, step))))
    deadline = begun + scenario["seconds"]
    problems = [problem for entry in running if (problem := _outcome(*entry, deadline))]
    time.sleep(max(0.0, deadline - time.monotonic()))
    return problems


def _outcome(step: dict, label: str, process, deadline: float) -> str:
    """Waits for one step, at most until the deadline and a little grace."""
    host = step["host"]
    try:
        code = process.wait(timeout=max(5.0, deadline - time.monotonic() + 10.0))
    except Exception:
        process.terminate()
        return f"{host} {label} did not end in time\n{procs.last_words(host, label)}"
    if code == 0 or step.get("may_fail"):
        return ""
    return f"{host} {label} ended with {code}\n{procs.last_words(host, label)}"
