"""Having a charger update its firmware, or send what it has logged.

Knows how such a job is numbered. Must not know fields of actions (`control_services`), nor how far it comes (`core.charger`).
"""

from dataclasses import replace

from .audience import Place
from .control import whole
from .coordinator import CentralSystem
from .core.events import UploadBegun
from .core.orders import UpdateFirmware, UploadDiagnostics
from .csms.session import Result
from .orders import carry_out, new_number


async def update_firmware(central: CentralSystem, place: Place, order: UpdateFirmware) -> Result:
    """Have a charger fetch a firmware and install it, under a new number. Raises translated errors."""
    return await carry_out(central, whole(central, place), replace(order, number=new_number()))


async def upload_diagnostics(
    central: CentralSystem, place: Place, order: UploadDiagnostics
) -> tuple[Result, str | None]:
    """Have a charger send what it has logged, under a new number; and the name of the file, if it says that.

    Raises translated errors.
    """
    result = await carry_out(central, whole(central, place), replace(order, number=new_number()))
    return result, next((told.file for told in result.told if isinstance(told, UploadBegun)), None)
