"""Having a charger update its firmware, or send what it has logged.

Knows how such a job is numbered, and by whose clock it is timed. Must not know fields of actions (`control_services`), nor how far it comes (`core.charger`).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ..audience import Place
from ..coordinator import CentralSystem
from ..core.events import UploadBegun
from ..core.orders import UpdateFirmware, UploadDiagnostics
from ..csms.session import Result
from .control import whole
from .orders import carry_out, connected, new_number


async def update_firmware(central: CentralSystem, place: Place, order: UpdateFirmware) -> Result:
    """Have a charger fetch a firmware and install it, under a new number. Raises translated errors."""
    skew = connected(central, whole(central, place)).skew
    timed = replace(order, retrieve=order.retrieve + skew, install=_by(order.install, skew), number=new_number())
    return await carry_out(central, place, timed)


async def upload_diagnostics(
    central: CentralSystem, place: Place, order: UploadDiagnostics
) -> tuple[Result, str | None]:
    """Have a charger send what it has logged, under a new number; and the name of the file, if it says that.

    Raises translated errors.
    """
    skew = connected(central, whole(central, place)).skew
    timed = replace(order, since=_by(order.since, skew), until=_by(order.until, skew), number=new_number())
    result = await carry_out(central, place, timed)
    return result, next((told.file for told in result.told if isinstance(told, UploadBegun)), None)


def _by(moment: datetime | None, skew: timedelta) -> datetime | None:
    """A moment in the charger's own time, by which it goes, and dates what it logs."""
    return None if moment is None else moment + skew
