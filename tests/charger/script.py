"""The command lines by which a person or a script does things at a simulated charger.

It must not know where the lines come from.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from .charger import SimulatedCharger


class BadLine(Exception):
    """A line that is no command; the message tells what is wrong and what would be right."""


class Quit(Exception):
    """The script asks to switch the charger off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: its arguments as shown in the help (those in brackets may be missing), what it does, how."""

    arguments: str
    about: str
    run: Callable[[SimulatedCharger, Sequence[str]], Awaitable[str | None]]

    @property
    def fewest(self) -> int:
        """How many arguments it needs."""
        return sum(not word.startswith("[") for word in self.arguments.split())

    @property
    def most(self) -> int:
        """How many it can take."""
        return len(self.arguments.split())


async def run_line(charger: SimulatedCharger, line: str) -> str | None:
    """Carry out one line and give what there is to show, if anything; raises `BadLine` or `Quit`.

    Empty lines and those that begin with # do nothing.
    """
    words = line.split()
    if not words or words[0].startswith("#"):
        return None
    name, *arguments = words
    command = COMMANDS.get(name)
    if command is None:
        raise BadLine(f"unknown command {name}; known are {', '.join(COMMANDS)}")
    if not command.fewest <= len(arguments) <= command.most:
        raise BadLine(f"usage: {name} {command.arguments}")
    try:
        return await command.run(charger, arguments)
    except ValueError as error:
        raise BadLine(f"{name}: {error}") from error


def describe() -> str:
    """The help on all commands, a line each."""
    width = max(len(f"{name} {command.arguments}") for name, command in COMMANDS.items())
    return "\n".join(
        f"  {f'{name} {command.arguments}':{width}}  {command.about}" for name, command in COMMANDS.items()
    )


async def _plug(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    await charger.plug(int(arguments[0]))


async def _unplug(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    await charger.unplug(int(arguments[0]))


async def _token(charger: SimulatedCharger, arguments: Sequence[str]) -> str:
    return _verdict(accepted=await charger.present(int(arguments[0]), *arguments[1:]))


async def _start(charger: SimulatedCharger, arguments: Sequence[str]) -> str:
    return _verdict(accepted=await charger.start(int(arguments[0]), *arguments[1:]))


async def _pause(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    await charger.pause(int(arguments[0]))


async def _resume(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    await charger.resume(int(arguments[0]))


async def _stop(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    await charger.stop(int(arguments[0]))


async def _status(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    await charger.set_status(int(arguments[0]), arguments[1])


async def _meter(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    await charger.meter(int(arguments[0]))


async def _drop(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    del arguments
    await charger.drop()


async def _reboot(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    del arguments
    await charger.reboot()


async def _offline(charger: SimulatedCharger, arguments: Sequence[str]) -> str | None:
    await charger.go_offline()
    if not arguments:
        return "offline until `online`"
    try:
        await asyncio.sleep(float(arguments[0]))
    finally:
        charger.go_online()
    return None


async def _online(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    del arguments
    charger.go_online()


async def _wait(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    del charger
    await asyncio.sleep(float(arguments[0]))


async def _wait_for(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    await charger.wait_for(arguments[0], timeout=float(arguments[1]) if len(arguments) > 1 else 60)


async def _ready(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    await charger.ready(float(arguments[0]) if arguments else 60)


async def _show(charger: SimulatedCharger, arguments: Sequence[str]) -> str:
    del arguments
    connection = "ready" if charger.is_ready else "connected" if charger.is_connected else "offline"
    lines = [f"{charger.identity}: OCPP {charger.version}, {connection}, {len(charger.pending)} messages pending"]
    for evse_id, evse in charger.evses.items():
        plug = "car" if evse.plugged else "no car"
        lines.append(f"  connector {evse_id}: {charger.statuses[evse_id]}, {plug}, {evse.energy_wh / 1000:.2f} kWh")
    for hold in charger.holds.values():
        place = f"connector {hold.evse}" if hold.evse is not None else "any connector"
        lines.append(f"  reservation {hold.id}: {place} for {hold.token} until {hold.expiry.isoformat()}")
    return "\n".join(lines)


async def _help(charger: SimulatedCharger, arguments: Sequence[str]) -> str:
    del charger, arguments
    return describe()


async def _quit(charger: SimulatedCharger, arguments: Sequence[str]) -> None:
    del charger, arguments
    raise Quit


def _verdict(*, accepted: bool) -> str:
    return "accepted" if accepted else "refused"


COMMANDS: Mapping[str, Command] = {
    "plug": Command(arguments="CONNECTOR", about="put a car's cable in", run=_plug),
    "unplug": Command(arguments="CONNECTOR", about="pull the cable out", run=_unplug),
    "token": Command(arguments="CONNECTOR TOKEN [TYPE]", about="hold a token to the reader", run=_token),
    "start": Command(
        arguments="CONNECTOR TOKEN [TYPE]", about="plug in if need be, then present the token", run=_start
    ),
    "pause": Command(arguments="CONNECTOR", about="have the car take nothing", run=_pause),
    "resume": Command(arguments="CONNECTOR", about="have it charge again", run=_resume),
    "stop": Command(arguments="CONNECTOR", about="end the transaction", run=_stop),
    "status": Command(
        arguments="CONNECTOR STATUS", about="Faulted, Unavailable, Available again; else report the word", run=_status
    ),
    "meter": Command(arguments="CONNECTOR", about="send what the meter shows", run=_meter),
    "drop": Command(arguments="", about="cut the connection; it comes back by itself", run=_drop),
    "reboot": Command(arguments="", about="restart the charger", run=_reboot),
    "offline": Command(arguments="[SECONDS]", about="stay away for a time, or until `online`", run=_offline),
    "online": Command(arguments="", about="come back", run=_online),
    "wait": Command(arguments="SECONDS", about="do nothing", run=_wait),
    "wait_for": Command(arguments="ACTION [SECONDS]", about="wait for a CALL of the central system", run=_wait_for),
    "ready": Command(arguments="[SECONDS]", about="wait until connected and booted", run=_ready),
    "show": Command(arguments="", about="tell the charger's state", run=_show),
    "help": Command(arguments="", about="this list", run=_help),
    "quit": Command(arguments="", about="switch the charger off", run=_quit),
}
"""Every command by its name."""
