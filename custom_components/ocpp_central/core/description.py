"""What a charger says that it is.

Knows its words, and when they are those of another charger or firmware. Must not know what follows from that.
"""

from dataclasses import dataclass

from .events import Booted


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the charger says it is; absent parts are None."""

    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None


def described(event: Booted) -> Description:
    """What a charger says of itself as it starts."""
    return Description(vendor=event.vendor, model=event.model, serial=event.serial, firmware=event.firmware)


def is_renewed(known: Description, event: Booted) -> bool:
    """Whether the charger tells another firmware than before, or is another one altogether."""
    return has_new_firmware(known, event) or is_another(known, event)


def has_new_firmware(known: Description, event: Booted) -> bool:
    """Whether the charger tells another firmware than before."""
    return _differs((known.firmware, event.firmware))


def is_another(known: Description, event: Booted) -> bool:
    """Whether another charger has come in the place of the one that we knew."""
    return _differs((known.vendor, event.vendor), (known.model, event.model), (known.serial, event.serial))


def _differs(*pairs: tuple[str | None, str | None]) -> bool:
    return any(before is not None and now is not None and before != now for before, now in pairs)
