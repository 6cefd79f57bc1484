"""IEC 60870-5-104 controlling station: c104 (lib60870)."""

import time

import c104


def session(target: str, address: int, seconds: float = 30.0, control: bool = False) -> None:
    """STARTDT, interrogation, clock synchronisation; then listens; on request also commands."""
    client = c104.Client(tick_rate_ms=200)
    link = client.add_connection(ip=target, port=2404, init=c104.Init.ALL)
    station = link.add_station(common_address=address)
    for number in range(4):
        station.add_point(io_address=2001 + number, type=c104.Type.M_ME_NC_1)
    command = station.add_point(io_address=5001, type=c104.Type.C_SC_NA_1)
    setpoint = station.add_point(io_address=5101, type=c104.Type.C_SE_NC_1)
    client.start()
    _wait_open(link)
    half = seconds / 2
    time.sleep(half)
    if control:
        command.value = True
        print("command", command.transmit(cause=c104.Cot.ACTIVATION), flush=True)
        setpoint.value = 19.5
        print("set point", setpoint.transmit(cause=c104.Cot.ACTIVATION), flush=True)
    time.sleep(half)
    client.stop()


def _wait_open(link) -> None:
    for _ in range(40):
        if link.state == c104.ConnectionState.OPEN:
            return
        if link.state == c104.ConnectionState.OPEN_MUTED:
            link.unmute()
        time.sleep(0.2)
    raise SystemExit(f"the link stayed {link.state}")
