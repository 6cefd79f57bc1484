"""MMS client: libiec61850 (pyiec61850-ng)."""

import time

import pyiec61850.pyiec61850 as iec
from pyiec61850.mms import MMSClient


def _connected(target: str) -> MMSClient:
    """A fresh association is now and then dropped on a busy machine: tried three times."""
    for attempt in range(3):
        client = MMSClient()
        try:
            client.connect(target, 102)
            return client
        except Exception as problem:
            print("again:", problem, flush=True)
            time.sleep(0.5 + attempt)
    raise SystemExit(f"no MMS association with {target}")


def session(target: str, device: str, every: float = 3.0, seconds: float = 20.0, operate: bool = False) -> None:
    """Identify, name lists, then values in a cycle; on request a breaker operation."""
    client = _connected(target)
    identity = client.get_server_identity()
    print(identity, client.get_logical_devices(), client.get_logical_nodes(device), flush=True)
    for name in ("vendor", "model", "swRev", "serNum"):
        print(name, client.read_value(f"{device}/LPHD1.PhyNam.{name}", iec.IEC61850_FC_DC), flush=True)
    for number in range(int(seconds / every)):
        client.read_value(f"{device}/MMXU1.TotW.mag.f", iec.IEC61850_FC_MX)
        if operate and number == 2:
            _operate(client, f"{device}/CSWI1.Pos")
        time.sleep(every)
    client.disconnect()


def _operate(client: MMSClient, reference: str) -> None:
    from pyiec61850.mms.control import ControlClient

    try:
        print("operate", ControlClient(client).direct_operate(reference, True), flush=True)
    except Exception as problem:
        print("operate refused:", problem, flush=True)
