"""PROFINET DCP: profinet-py, the engineering side only."""

import time

from profinet.dcp import read_response, send_discover
from profinet.util import ethernet_socket, get_mac


def discover(device: str = "eth0", times: int = 2) -> None:
    """Identify-all multicast, as engineering tools send when they list stations."""
    sock = ethernet_socket(device, 0x8892)
    for _ in range(times):
        number = send_discover(sock, get_mac(device))
        print(read_response(sock, get_mac(device), timeout_sec=2, expected_xid=number), flush=True)
        time.sleep(0.5)
