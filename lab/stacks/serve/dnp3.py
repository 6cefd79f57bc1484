"""DNP3 outstation: dnp3py. It serves one connection; the newest wins."""

import asyncio
import math

from dnp3.database import AnalogInputConfig, BinaryInputConfig, BinaryOutputConfig, CounterConfig, Database
from dnp3.outstation import Outstation, OutstationConfig, OutstationTcpRunner
from dnp3.outstation.handler import CommandResult, DefaultCommandHandler


class Accept(DefaultCommandHandler):
    """Carries out what it is told, as a breaker controller does."""

    def select_binary_output(self, *_) -> CommandResult:
        return CommandResult.success()

    operate_binary_output = select_binary_output
    direct_operate_binary_output = select_binary_output

    def cold_restart(self) -> int:
        return 2000


def _database() -> Database:
    database = Database()
    for index in range(8):
        database.add_binary_input(index, BinaryInputConfig())
        database.add_analog_input(index, AnalogInputConfig())
    for index in range(4):
        database.add_binary_output(index, BinaryOutputConfig())
        database.add_counter(index, CounterConfig())
    return database


async def _main(config: dict) -> None:
    database = _database()
    outstation = Outstation(
        database=database, handler=Accept(), config=OutstationConfig(address=config["address"])
    )
    runner = OutstationTcpRunner(outstation=outstation, host="0.0.0.0", port=20000)
    task = asyncio.create_task(runner.run())
    step = 0
    while not task.done():
        await asyncio.sleep(2.0)
        step += 1
        database.update_analog_input(step % 8, value=int(1000 + 300 * math.sin(step / 4)))
        database.update_binary_input(step % 3, value=step % 2 == 0)
        database.update_counter(0, value=step)
    await task


def run(config: dict) -> None:
    asyncio.run(_main(config))
