"""DNP3 master: dnp3py."""

import asyncio

from dnp3.application.builder import build_cold_restart_request
from dnp3.master import DefaultSOEHandler, Master, MasterConfig, MasterTcpRunner
from dnp3.master.commands import CommandBuilder


async def _session(target: str, address: int, outstation: int, use) -> None:
    config = MasterConfig(address=address, outstation_address=outstation)
    master = Master(handler=DefaultSOEHandler(), config=config)
    async with MasterTcpRunner(master=master, host=target, port=20000) as runner:
        await use(master, runner)


def poll(target: str, address: int = 1, outstation: int = 10, every: float = 3.0, seconds: float = 20.0,
         control: bool = False) -> None:
    """Integrity poll, then event classes in a cycle; halfway one select-before-operate."""

    async def use(master, runner) -> None:
        await runner.integrity_poll()
        for number in range(int(seconds / every)):
            await asyncio.sleep(every)
            await runner.class_poll()
            if control and number == 2:
                await _operate(master, runner)

    asyncio.run(_session(target, address, outstation, use))


async def _operate(master, runner) -> None:
    builder = CommandBuilder().latch_on(1)
    await runner.request(master.build_select(builder.build_select()))
    await runner.request(master.build_operate(builder.build_operate()))


def restart(target: str, address: int = 1, outstation: int = 10) -> None:
    """A direct operate and a cold restart: what must not come from an unknown station."""

    async def use(master, runner) -> None:
        await runner.integrity_poll()
        builder = CommandBuilder().pulse_on(2, on_time=500)
        await runner.request(master.build_direct_operate(builder.build_direct_operate()))
        await runner.request(build_cold_restart_request(seq=5))

    asyncio.run(_session(target, address, outstation, use))
