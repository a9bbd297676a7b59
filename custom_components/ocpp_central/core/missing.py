"""Which EVSEs of a charger are not there any more, though nobody has deleted them: it was rebuilt, or is another one.

Knows what shows that. Must not know what follows. A charger that boots tells the status of each connector (1.6 section 4.9, B01.FR.05);
after a mere reconnect many tell nothing, or what has changed.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from .events import EvseId
from .evse import Evse

_LATE: Final = timedelta(minutes=5)
"""So long a charger may take after its boot until it has told all that it has, though it was asked; that is half a minute as a rule."""


def missed(evses: Mapping[EvseId, Evse], lasted: timedelta) -> Mapping[EvseId, Evse]:
    """The EVSEs when a connection ends that has lasted so long, and began with a boot: what was not told of is missing until it is."""
    if lasted < _LATE or not any(evse.reported for evse in evses.values()):
        return evses
    return {
        number: evse if evse.reported or evse.running is not None else replace(evse, is_missing=True, told={})
        for number, evse in evses.items()
    }
