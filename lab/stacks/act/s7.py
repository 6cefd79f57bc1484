"""S7 client: python-snap7."""

import time

import snap7
from snap7.type import Area, Block

from .pace import cycles


def _open(target: str, rack: int = 0, slot: int = 2) -> snap7.Client:
    client = snap7.Client()
    client.connect(target, rack, slot)
    return client


def poll(target: str, every: float = 1.0, seconds: float = 20.0, slot: int = 2, writes: bool = False) -> None:
    """An operator panel: reads a data block and flags, sometimes writes a set point."""
    client = _open(target, slot=slot)
    for number in cycles(every, seconds):
        client.db_read(1, 0, 64)
        if number % 2 == 0:
            client.read_area(Area.MK, 0, 0, 16)
        if writes and number % 6 == 5:
            client.db_write(1, 100, bytearray([number % 256, 0, 17, 42]))
    client.disconnect()


def identify(target: str, slot: int = 2) -> None:
    """What an engineering tool reads first: module, component and mode lists, blocks."""
    client = _open(target, slot=slot)
    for number in (0x0011, 0x001C, 0x0424):
        client.read_szl(number)
        time.sleep(0.1)
    print(client.get_order_code().OrderCode, client.get_cpu_info().ModuleTypeName, flush=True)
    print(client.list_blocks(), flush=True)
    client.disconnect()


def upload(target: str, slot: int = 2, block: int = 2) -> None:
    """Reads a block out of the controller."""
    client = _open(target, slot=slot)
    client.list_blocks_of_type(Block.DB, 64)
    client.get_block_info(Block.DB, block)
    print(len(client.upload(block)), "bytes", flush=True)
    client.disconnect()


def reprogram(target: str, slot: int = 2, block: int = 2, pause: float = 2.0) -> None:
    """The engineer's sequence: read out, stop, load, start."""
    client = _open(target, slot=slot)
    client.read_szl(0x0424)
    program = client.upload(block)
    time.sleep(pause)
    client.plc_stop()
    client.read_szl(0x0424)
    time.sleep(pause)
    changed = bytearray(program)
    changed[40:44] = b"\x00\x01\x02\x03"
    client.download(changed, block)
    time.sleep(pause)
    client.plc_hot_start()
    client.read_szl(0x0424)
    client.disconnect()


def set_clock(target: str, slot: int = 2) -> None:
    client = _open(target, slot=slot)
    client.get_plc_datetime()
    client.set_plc_system_datetime()
    client.disconnect()
