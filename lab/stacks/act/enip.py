"""EtherNet/IP client: pycomm3 for identities, cpppo for tags."""

import time

from cpppo.server.enip import client as cpppo_client
from pycomm3 import CIPDriver, Services

from .pace import cycles


def poll(target: str, every: float = 1.0, seconds: float = 20.0, writes: bool = False,
         tags: tuple = ("Line_Speed[0-3]", "Bottle_Count[0-7]")) -> None:
    """Reads tags in a cycle; now and then writes a command word."""
    with cpppo_client.connector(host=target, timeout=4.0) as connection:
        for number in cycles(every, seconds):
            wanted = list(tags)
            if writes and number % 5 == 4:
                wanted.append(f"Run_Cmd[0-1]=(INT){number % 2},{number}")
            operations = cpppo_client.parse_operations(wanted)
            for *_, value in connection.pipeline(operations=operations, depth=1, timeout=4.0):
                if value is None:
                    print("no value", flush=True)


def list_identity(target: str) -> None:
    print(CIPDriver.list_identity(target), flush=True)


def identify(target: str) -> None:
    """List Identity; the identity object unconnected; then over a connection (Forward Open)."""
    list_identity(target)
    driver = CIPDriver(target)
    driver.open()
    whole = dict(service=Services.get_attributes_all, class_code=0x01, instance=1, name="identity")
    name = dict(service=Services.get_attribute_single, class_code=0x01, instance=1, attribute=7, name="name")
    print(driver.generic_message(**whole, connected=False, unconnected_send=False), flush=True)
    time.sleep(0.2)
    print(driver.generic_message(**name, connected=False, unconnected_send=False), flush=True)
    time.sleep(0.2)
    print(driver.generic_message(**name, connected=True), flush=True)
    driver.close()


def reset(target: str) -> None:
    """Identity Reset: what a careless engineer or an attacker sends."""
    driver = CIPDriver(target)
    driver.open()
    print(driver.generic_message(service=Services.reset, class_code=0x01, instance=1,
                                 connected=False, unconnected_send=False, name="reset"), flush=True)
    driver.close()
