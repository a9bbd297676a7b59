"""Whatever an action may have a charger told is a request that the official schemas allow, or is not sent at all."""

from datetime import UTC, datetime, timedelta
import string
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.ocpp_central.core.limits import Limit, Purpose, Unit, profile_of
from custom_components.ocpp_central.core.orders import (
    AskForPhases,
    ChangeAvailability,
    ChangeConfiguration,
    ClearCache,
    ClearLimit,
    Log,
    Order,
    Period,
    ReadConfiguration,
    Reset,
    SetLimit,
    Signed,
    TransferData,
    TriggerMessage,
    Unlock,
    UpdateFirmware,
    UploadDiagnostics,
)
from custom_components.ocpp_central.csms.dialect import Dialect, UnsayableError
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import request_schema, request_violations

EVSES = st.integers(1, 200)
NUMBERS = st.integers(1, 2**31 - 1)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60)
LONG = st.integers(0, 6000).map("x".__mul__)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=2_900_000)).map(datetime(2, 1, 1, tzinfo=UTC).__add__)
LOCATIONS = st.text(string.ascii_letters + string.digits + "/._-", max_size=1000).map(
    "ftp://user:word@192.0.2.1/".__add__
)
JSON = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
KEYS = TEXTS | st.sampled_from(["A.B", "A(1):1:2.B(x)", "A.B/Target", "EVSE:0.Power", "." * 3])
MESSAGES = sorted(
    {
        message
        for dialect, action in ((V16, "TriggerMessage"), (V16, "ExtendedTriggerMessage"), (V21, "TriggerMessage"))
        for message in str(request_schema(dialect.version, action)).replace("'", " ").split()
        if message.isalnum()
    }
)


@st.composite
def limits(draw: st.DrawFn) -> SetLimit:
    """What `set_charge_limit` may make of its fields, for a charger that takes some unit."""
    unit = draw(st.sampled_from(Unit))
    purpose = draw(st.sampled_from(Purpose))
    evse = draw(EVSES) if purpose is Purpose.TRANSACTION else draw(st.none() | EVSES)
    level = draw(st.integers(0, 1000) | st.sampled_from([2**31 - 1]))
    amounts = draw(st.lists(st.floats(0, 1_000_000) | st.sampled_from([0.0, 0.1, 6.3, 16.0]), min_size=1, max_size=24))
    phases = draw(st.none() | st.integers(1, 3))
    wished = [Limit(amount=each, unit=draw(st.sampled_from(Unit)), phases=phases) for each in amounts]
    return SetLimit(
        profile=profile_of(purpose, evse, level),
        evse=evse,
        purpose=purpose,
        level=level,
        unit=unit,
        start=draw(MOMENTS),
        periods=tuple(Period(timedelta(hours=place), each.amount_in(unit)) for place, each in enumerate(wished)),
        lasting=draw(st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=365))),
        phases=phases,
        transaction=str(draw(NUMBERS)) if purpose is Purpose.TRANSACTION else None,
        every=draw(st.sampled_from([None, timedelta(days=1), timedelta(days=7)])),
    )


_RETRIES: Any = {"retries": st.none() | st.integers(0, 100), "retry_interval": st.none() | st.integers(0, 86400)}

ORDERS: dict[type[Order], st.SearchStrategy[Order]] = {
    Unlock: st.builds(Unlock, evse=EVSES, connector=st.integers(1, 20)),
    Reset: st.builds(Reset, hard=st.booleans(), evse=st.none() | EVSES),
    ClearCache: st.builds(ClearCache),
    TriggerMessage: st.builds(
        TriggerMessage,
        message=st.sampled_from(MESSAGES) | TEXTS,
        evse=st.none() | EVSES,
        connector=st.none() | st.integers(1, 20),
        custom=st.booleans(),
    ),
    ChangeAvailability: st.builds(ChangeAvailability, evse=st.none() | EVSES, available=st.booleans()),
    SetLimit: limits(),
    ClearLimit: st.builds(ClearLimit, evse=st.none() | EVSES, purpose=st.sampled_from(Purpose)),
    AskForPhases: st.builds(AskForPhases, evse=st.none() | EVSES, connector=st.none() | st.integers(1, 20)),
    ReadConfiguration: st.builds(
        ReadConfiguration, names=st.lists(KEYS, max_size=10, unique=True).map(tuple), number=NUMBERS
    ),
    ChangeConfiguration: st.builds(ChangeConfiguration, name=KEYS, value=TEXTS | LONG),
    TransferData: st.builds(
        TransferData, vendor=TEXTS | LONG.filter(bool), message=st.none() | TEXTS, data=st.none() | JSON
    ),
    UpdateFirmware: st.builds(
        UpdateFirmware,
        location=LOCATIONS,
        retrieve=MOMENTS,
        install=st.none() | MOMENTS,
        number=NUMBERS,
        signed=st.none() | st.builds(Signed, LONG, LONG),
        **_RETRIES,
    ),
    UploadDiagnostics: st.builds(
        UploadDiagnostics,
        location=LOCATIONS,
        log=st.sampled_from(Log),
        since=st.none() | MOMENTS,
        until=st.none() | MOMENTS,
        number=NUMBERS,
        **_RETRIES,
    ),
}


def test_every_order_is_tried() -> None:
    """None is left out below."""
    assert set(ORDERS) == set(Order.__value__.__args__)


@pytest.mark.parametrize("dialect", [V16, V201, V21], ids=lambda each: str(each.version))
@pytest.mark.parametrize("kind", list(ORDERS))
@given(data=st.data())
def test_what_is_sent_is_proper(dialect: Dialect, kind: type[Order], data: st.DataObject) -> None:
    """By the schema, with its formats."""
    order = data.draw(ORDERS[kind])
    try:
        request = dialect.request(order)
    except UnsayableError:
        return
    assert request_violations(dialect.version, request.action, request.payload) == []
