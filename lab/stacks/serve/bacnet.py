"""BACnet/IP device: bacpypes3."""

import asyncio
import math

from bacpypes3.app import Application
from bacpypes3.local.analog import AnalogInputObject, AnalogValueObject
from bacpypes3.local.binary import BinaryValueObject
from bacpypes3.local.device import DeviceObject
from bacpypes3.local.networkport import NetworkPortObject


def _device(config: dict) -> DeviceObject:
    identity = config["identity"]
    return DeviceObject(
        objectIdentifier=("device", config["instance"]),
        objectName=identity["name"],
        vendorName=identity["vendor"],
        vendorIdentifier=identity["vendor_id"],
        modelName=identity["model"],
        firmwareRevision=identity["firmware"],
        applicationSoftwareVersion=identity["application"],
        location=identity["location"],
        description=identity["description"],
    )


async def _main(config: dict) -> None:
    prefix = sum(bin(int(part)).count("1") for part in config["netmask"].split("."))
    port = NetworkPortObject(f"{config['ip']}/{prefix}", objectIdentifier=("network-port", 1), objectName="NetworkPort-1")
    app = Application.from_object_list([_device(config), port])
    inputs = []
    for number, name in enumerate(config["inputs"]):
        point = AnalogInputObject(objectIdentifier=("analog-input", number + 1), objectName=name,
                                  presentValue=20.0, units="degreesCelsius")
        app.add_object(point)
        inputs.append(point)
    app.add_object(AnalogValueObject(objectIdentifier=("analog-value", 1), objectName="Setpoint", presentValue=21.0))
    app.add_object(BinaryValueObject(objectIdentifier=("binary-value", 1), objectName="Fan", presentValue="active"))
    step = 0
    while True:
        await asyncio.sleep(2.0)
        step += 1
        for number, point in enumerate(inputs):
            point.presentValue = 20.0 + number + math.sin(step / 5)


def run(config: dict) -> None:
    asyncio.run(_main(config))
