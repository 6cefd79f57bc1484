"""Modbus/TCP device: pymodbus."""

import math
import time

from pymodbus.pdu.device import ModbusDeviceIdentification
from pymodbus.server import StartTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

NAMES = {
    "vendor": "VendorName",
    "code": "ProductCode",
    "revision": "MajorMinorRevision",
    "url": "VendorUrl",
    "product": "ProductName",
    "model": "ModelName",
    "application": "UserApplicationName",
}


def _registers(count: int) -> list[int]:
    return [int(500 + 400 * math.sin(number / 7)) for number in range(count)]


async def _drift(function, start, address, count, registers, values):
    """Input registers follow a slow wave, as measured values do."""
    if function == 4:
        for offset in range(len(registers)):
            registers[offset] = int(500 + 400 * math.sin(time.time() / 9 + offset))
    return None


def _device(unit: int) -> SimDevice:
    return SimDevice(
        id=unit,
        simdata=(
            [SimData(0, count=200, datatype=DataType.BITS, values=False)],
            [SimData(0, count=200, datatype=DataType.BITS, values=True)],
            [SimData(0, datatype=DataType.REGISTERS, values=_registers(300))],
            [SimData(0, datatype=DataType.REGISTERS, values=_registers(300))],
        ),
        action=_drift,
    )


def run(config: dict) -> None:
    names = {NAMES[key]: value for key, value in config.get("identity", {}).items()}
    identity = ModbusDeviceIdentification(info_name=names)
    devices = [_device(unit) for unit in config.get("units", [1])]
    StartTcpServer(devices, address=("0.0.0.0", 502), identity=identity)
