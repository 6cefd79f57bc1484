"""BACnet/IP client: bacpypes3. It needs its own address and port 47808."""

import asyncio

from bacpypes3.app import Application
from bacpypes3.local.device import DeviceObject
from bacpypes3.local.networkport import NetworkPortObject
from bacpypes3.pdu import Address
from bacpypes3.primitivedata import ObjectIdentifier

IDENTITY = ("object-name", "vendor-name", "vendor-identifier", "model-name", "firmware-revision",
            "application-software-version", "description", "location")


async def _supervise(target, own, instance, device, every, seconds, write) -> None:
    mine = DeviceObject(objectIdentifier=("device", instance), objectName="Supervisor",
                        vendorIdentifier=999, modelName="Supervisor")
    port = NetworkPortObject(own, objectIdentifier=("network-port", 1), objectName="NetworkPort-1")
    app = Application.from_object_list([mine, port])
    await app.who_is(0, 4194303, Address(target))
    await asyncio.sleep(0.5)
    for name in IDENTITY:
        await _read(app, target, f"device,{device}", name)
    for number in range(int(seconds / every)):
        for point in ("analog-input,1", "analog-input,2", "analog-value,1"):
            await _read(app, target, point, "present-value")
        if write and number == 2:
            await app.write_property(Address(target), ObjectIdentifier("analog-value,1"), "present-value", 19.5)
        await asyncio.sleep(every)
    app.close()


async def _read(app, target: str, point: str, name: str) -> None:
    try:
        value = await app.read_property(Address(target), ObjectIdentifier(point), name)
        print(point, name, value, flush=True)
    except Exception as problem:
        print(point, name, "refused:", problem, flush=True)


def supervise(target: str, own: str, device: int, instance: int = 900, every: float = 4.0,
              seconds: float = 20.0, write: bool = False) -> None:
    """Who-Is, the device's identity, then present values in a cycle."""
    asyncio.run(_supervise(target, own, instance, device, every, seconds, write))
