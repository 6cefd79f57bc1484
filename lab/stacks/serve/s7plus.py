"""S7comm-plus controller without TLS: the s7commplus package's server."""

import time

from s7commplus.server import S7CommPlusServer


def run(config: dict) -> None:
    server = S7CommPlusServer()
    for number, size in config.get("blocks", {"1": 256}).items():
        server.register_raw_db(int(number), bytearray(size))
    server.start("0.0.0.0", 102)
    while True:
        time.sleep(3600)
