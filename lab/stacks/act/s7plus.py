"""S7comm-plus client without TLS: the s7commplus package."""

from s7commplus import Client

from .pace import cycles


def poll(target: str, every: float = 3.0, seconds: float = 20.0, writes: bool = False) -> None:
    """A panel of the newer kind: reads a data block, now and then writes a set point."""
    client = Client()
    client.connect(target, port=102)
    for number in cycles(every, seconds):
        client.db_read(1, 0, 32)
        if writes and number % 4 == 3:
            client.db_write(1, 40, bytes([number % 256, 0]))
    client.disconnect()
