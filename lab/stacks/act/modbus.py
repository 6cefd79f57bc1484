"""Modbus/TCP client: pymodbus."""

from pymodbus.client import ModbusTcpClient

from .pace import cycles


def _open(target: str) -> ModbusTcpClient:
    client = ModbusTcpClient(target, port=502, timeout=4)
    if not client.connect():
        raise SystemExit(f"no Modbus connection to {target}")
    return client


def poll(target: str, every: float = 1.0, seconds: float = 20.0, unit: int = 1, writes: bool = False) -> None:
    """A cyclic master: holding and input registers, coils; now and then a set point."""
    client = _open(target)
    for number in cycles(every, seconds):
        client.read_holding_registers(0, count=20, device_id=unit)
        client.read_input_registers(10, count=12, device_id=unit)
        if number % 3 == 0:
            client.read_coils(0, count=16, device_id=unit)
            client.read_discrete_inputs(0, count=16, device_id=unit)
        if writes and number % 5 == 4:
            client.write_register(40 + number % 4, 100 + number, device_id=unit)
        if writes and number % 10 == 9:
            client.write_registers(50, [number, 2 * number, 3 * number], device_id=unit)
            client.write_coil(3, number % 20 == 9, device_id=unit)
    client.close()


def read_only(target: str, every: float = 2.0, seconds: float = 20.0, unit: int = 1, start: int = 0, count: int = 30) -> None:
    """A data collector that reads and never writes."""
    client = _open(target)
    for _ in cycles(every, seconds):
        client.read_holding_registers(start, count=count, device_id=unit)
    client.close()


def read_units(target: str, units: list[int], every: float = 5.0, seconds: float = 20.0) -> None:
    """Several serial devices behind one gateway address."""
    client = _open(target)
    for _ in cycles(every, seconds):
        for unit in units:
            client.read_input_registers(0, count=10, device_id=unit)
    client.close()


def identify(target: str, unit: int = 1) -> None:
    """Read Device Identification: basic, regular and extended."""
    client = _open(target)
    for code in (1, 2, 3):
        answer = client.read_device_information(read_code=code, object_id=0, device_id=unit)
        print(code, getattr(answer, "information", answer), flush=True)
    client.close()


def commission(target: str, unit: int = 1) -> None:
    """What an engineer does: identity, diagnostics, set points, coils, a masked write."""
    identify(target, unit)
    client = _open(target)
    client.diag_query_data(b"\x12\x34", device_id=unit)
    client.read_holding_registers(0, count=100, device_id=unit)
    client.write_registers(60, list(range(10)), device_id=unit)
    client.write_coils(8, [True, False, True, True], device_id=unit)
    client.mask_write_register(address=61, and_mask=0x00F2, or_mask=0x0025, device_id=unit)
    client.read_holding_registers(2000, count=4, device_id=unit)
    client.close()
