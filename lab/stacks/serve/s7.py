"""S7 controller: python-snap7's server, with system status lists in the layout Siemens documents.

The stack's own lists have another record length than real controllers send; the three lists below
replace them (system functions manual, SZL 0x0011, 0x001C, 0x0424). All framing is the stack's.
"""

import struct
import time

import snap7
from snap7.server import CPUState, Server
from snap7.type import SrvArea


def _version(text: str) -> bytes:
    """V3.2.6 as the four bytes of a firmware record: the letter V and three numbers."""
    return b"V" + bytes(int(part) for part in text.lstrip("Vv").split("."))


def _fixed(text: str, size: int) -> bytes:
    return text.encode("latin-1")[:size].ljust(size, b"\0")


class Controller(Server):
    def __init__(self, identity: dict) -> None:
        super().__init__(log=False)
        self.identity = identity
        self.cpu_state = CPUState.RUN

    def _get_szl_data(self, szl_id: int, szl_index: int) -> bytes | None:
        lists = {0x0011: self._modules, 0x001C: self._components, 0x0424: self._mode}
        make = lists.get(szl_id)
        if make is None:
            return None
        records = make()
        return struct.pack(">HH", len(records[0]), len(records)) + b"".join(records)

    def _modules(self) -> list[bytes]:
        """Module identification: order number, hardware state, firmware, boot loader."""
        order = self.identity["order_number"].encode().ljust(20)
        hardware = self.identity.get("hardware", 1)
        firmware = _version(self.identity["firmware"])
        plain = struct.pack(">HHH", 0x00C0, 0, hardware)
        return [
            struct.pack(">H", 1) + order + plain,
            struct.pack(">H", 6) + order + plain,
            struct.pack(">H", 7) + order + struct.pack(">H", 0x00C0) + firmware,
            struct.pack(">H", 0x81) + b"Boot Loader         " + bytes(2) + b"A\x20\x09\x09",
        ]

    def _components(self) -> list[bytes]:
        """Component identification: names, serial number, module type, memory card."""
        rows = [
            (1, self.identity["station"]),
            (2, self.identity["module"]),
            (3, self.identity.get("plant", "")),
            (4, "Original Siemens Equipment"),
            (5, self.identity["serial"]),
            (7, self.identity["type"]),
            (8, self.identity.get("card", "")),
        ]
        return [struct.pack(">H", index) + _fixed(text, 32) for index, text in rows]

    def _mode(self) -> list[bytes]:
        """Operating mode: 8 is RUN, 4 is STOP."""
        code = 8 if self.cpu_state == CPUState.RUN else 4
        return [struct.pack(">HBB", 0x5144, 0xFF, code) + bytes(16)]


def run(config: dict) -> None:
    server = Controller(config["identity"])
    for number, size in config.get("blocks", {"1": 256, "2": 512}).items():
        contents = bytearray((7 * place + int(number)) % 251 for place in range(size))
        server.register_area(SrvArea.DB, int(number), contents)
    server.register_area(SrvArea.MK, 0, bytearray(256))
    server.register_area(SrvArea.PE, 0, bytearray(128))
    server.register_area(SrvArea.PA, 0, bytearray(128))
    server.start_to("0.0.0.0", 102)
    print("python-snap7", snap7.__version__ if hasattr(snap7, "__version__") else "", flush=True)
    while True:
        time.sleep(3600)
