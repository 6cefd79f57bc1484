"""MMS client: libiec61850 (pyiec61850-ng)."""

import time

import pyiec61850.pyiec61850 as iec
from pyiec61850.mms import MMSClient
from pyiec61850.mms.control import ControlClient


NAMEPLATE = ("vendor", "model", "swRev", "serNum")


def _introduced(target: str, device: str) -> MMSClient:
    """Connects and reads who is there. A busy machine drops a fresh association now and then."""
    for attempt in range(4):
        client = MMSClient()
        try:
            client.connect(target, 102)
            print(client.get_server_identity(), client.get_logical_devices(), flush=True)
            print(client.get_logical_nodes(device), flush=True)
            for name in NAMEPLATE:
                print(name, client.read_value(f"{device}/LPHD1.PhyNam.{name}", iec.IEC61850_FC_DC), flush=True)
            return client
        except Exception as problem:
            print("again:", problem, flush=True)
            time.sleep(1.0 + attempt)
    raise SystemExit(f"no MMS association with {target}")


def session(target: str, device: str, every: float = 3.0, seconds: float = 20.0, operate: bool = False) -> None:
    """Identify, name lists, then values in a cycle; on request a breaker operation."""
    client = _introduced(target, device)
    for number in range(int(seconds / every)):
        client.read_value(f"{device}/MMXU1.TotW.mag.f", iec.IEC61850_FC_MX)
        if operate and number == 2:
            _operate(client, f"{device}/CSWI1.Pos")
        time.sleep(every)
    client.disconnect()


def _operate(client: MMSClient, reference: str) -> None:
    try:
        print("operate", ControlClient(client).direct_operate(reference, True), flush=True)
    except Exception as problem:
        print("operate refused:", problem, flush=True)
