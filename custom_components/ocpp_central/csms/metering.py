"""What a charger's meter values say.

Knows MeterValue and SampledValue of every version, with their defaults. Must not know what the readings are used for,
nor convert their units.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
import math

from ..core.events import Reading
from . import times
from .dialect import Json
from .fields import part, parts, text, whole

REGISTER = "Energy.Active.Import.Register"

_ENERGY = "Energy."
_CONTEXT = "Sample.Periodic"
_LOCATION = "Outlet"
_WATT_HOUR = "Wh"

_SPELLINGS: Mapping[str | None, str] = {"Celcius": "Celsius"}
"""The schemas of 1.6 allow both, the first by mistake."""

_LONGEST_WORD = 100
"""Characters, twice as many as the standard's longest: words become names of sensors, and are kept."""

_SIGNED = "signedMeterValue"

_WATT_HOURS = {"wh": 1.0, "kwh": 1000.0}
"""In small letters: 2.x lets units be any text."""


def readings_v16(meter_values: Sequence[Json], received: datetime) -> tuple[Reading, ...]:
    """The readings in 1.6's meter values, in their order; signed blocks and what is no number are left out."""
    found: list[Reading] = []
    for meter_value in meter_values:
        at = times.read(meter_value.get("timestamp"), received)
        for sample in parts(meter_value, "sampledValue"):
            # A signed block (ValueFormat of 1.6) may be all digits, yet it is no number.
            value = None if sample.get("format") == "SignedData" else _number(sample.get("value"))
            unit = text(sample, "unit")
            if value is not None and _is_readable(sample, unit):
                found.append(_reading(sample, value, _SPELLINGS.get(unit, unit), at))
    return tuple(found)


def readings_v2(meter_values: Sequence[Json], received: datetime) -> tuple[Reading, ...]:
    """The readings in 2.x's meter values, in their order, with the multiplier applied and the unit as told.

    A signed one yields to a plain one of the same: what is signed may be in another unit than is said (docs/quirks.md).
    """
    found: list[tuple[Reading, bool]] = []
    for meter_value in meter_values:
        at = times.read(meter_value.get("timestamp"), received)
        for sample in parts(meter_value, "sampledValue"):
            measure = part(sample, "unitOfMeasure")
            value = _scaled(_number(sample.get("value")), whole(measure, "multiplier") or 0)
            unit = text(measure, "unit")
            if value is not None and _is_readable(sample, unit):
                found.append((_reading(sample, value, unit, at), _SIGNED in sample))
    plain = {_what(reading) for reading, is_signed in found if not is_signed}
    return tuple(reading for reading, is_signed in found if not is_signed or _what(reading) not in plain)


def register_at_start(readings: Sequence[Reading]) -> float | None:
    """The charger's total of imported energy in Wh when a transaction began, of what came with that; None if not told.

    Some do not say that they read it then (ocpp-virtual-charge-point): what came first is that. Single phases are no total.
    """
    return _register(readings, "Transaction.Begin", 0)


def register_at_end(readings: Sequence[Reading]) -> float | None:
    """The same when a transaction ended: what came last is that."""
    return _register(readings, "Transaction.End", -1)


def _register(readings: Sequence[Reading], context: str, otherwise: int) -> float | None:
    totals = [each for each in readings if each.measurand == REGISTER and each.phase is None]
    if not totals:
        return None
    told = next((each for each in totals if each.context == context), totals[otherwise])
    factor = _WATT_HOURS.get((told.unit or "").strip().casefold())
    return None if factor is None else told.value * factor


def _is_readable(sample: Json, unit: str | None) -> bool:
    """Whether the words of a sample are as long as words are."""
    words = (unit, *(text(sample, name) for name in ("measurand", "phase", "location", "context")))
    return all(len(word or "") <= _LONGEST_WORD for word in words)


def _what(reading: Reading) -> tuple[str | None, ...]:
    """What is read, and when in the transaction."""
    return reading.measurand, reading.phase, reading.location, reading.context


def _reading(sample: Json, value: float, unit: str | None, at: datetime) -> Reading:
    measurand = text(sample, "measurand") or REGISTER
    if unit is None and measurand.startswith(_ENERGY):
        unit = _WATT_HOUR
    return Reading(
        measurand=measurand,
        value=value,
        unit=unit,
        at=at,
        phase=text(sample, "phase"),
        location=text(sample, "location") or _LOCATION,
        context=text(sample, "context") or _CONTEXT,
    )


def _number(value: object) -> float | None:
    """A finite number from a number or its text. Python reads "1_000" too, which no charger means."""
    if isinstance(value, str):
        if "_" in value:
            return None
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except ValueError, OverflowError:
        return None
    return number if math.isfinite(number) else None


def _scaled(value: float | None, exponent: int) -> float | None:
    """`value` times ten to the power; None where no float can hold it. Dividing keeps 213 * 10^-1 at 21.3."""
    if value is None or exponent == 0:
        return value
    try:
        scaled = value * 10.0**exponent if exponent > 0 else value / 10.0**-exponent
    except OverflowError:
        return None
    return scaled if math.isfinite(scaled) else None
