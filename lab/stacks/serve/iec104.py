"""IEC 60870-5-104 controlled station: c104 (lib60870)."""

import math
import time

import c104


def _accept(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    return c104.ResponseState.SUCCESS


def run(config: dict) -> None:
    server = c104.Server(ip=config["ip"], port=2404, tick_rate_ms=200)
    station = server.add_station(common_address=config["address"])
    measured = [
        station.add_point(io_address=2001 + number, type=c104.Type.M_ME_NC_1, report_ms=config.get("report_ms", 4000))
        for number in range(4)
    ]
    breaker = station.add_point(io_address=1001, type=c104.Type.M_DP_TB_1)
    alarm = station.add_point(io_address=1101, type=c104.Type.M_SP_TB_1)
    station.add_point(io_address=5001, type=c104.Type.C_SC_NA_1, related_io_address=1101, related_io_autoreturn=True)
    setpoint = station.add_point(io_address=5101, type=c104.Type.C_SE_NC_1)
    setpoint.on_receive(callable=_accept)
    server.start()
    step = 0
    while True:
        step += 1
        for number, point in enumerate(measured):
            point.value = 20.1 + number + math.sin(step / 5 + number)
        if step % 8 == 0:
            breaker.value = c104.Double.ON if step % 16 else c104.Double.OFF
            breaker.transmit(cause=c104.Cot.SPONTANEOUS)
        if step % 11 == 0:
            alarm.value = step % 22 == 0
            alarm.transmit(cause=c104.Cot.SPONTANEOUS)
        time.sleep(1.0)
