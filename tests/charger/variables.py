"""The device model of a simulated OCPP 2.x charger: components, variables and their values.

It must not know what a setting does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .model import Evse, Json
from .state import Setting, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of a component: a setting, or a fixed value; `most`: what it can be at most (MaxSet)."""

    setting: Setting | None = None
    value: str = ""
    kind: str = "string"
    writable: bool = False
    most: Setting | None = None

    def current(self, state: State) -> str:
        """Its actual value."""
        return state.settings[self.setting] if self.setting is not None else self.value


def _flag(setting: Setting, *, writable: bool = False) -> Variable:
    return Variable(setting=setting, kind="boolean", writable=writable)


def _seconds(setting: Setting) -> Variable:
    return Variable(setting=setting, kind="integer", writable=True)


_STATION: Mapping[tuple[str, str], Variable] = {
    ("AuthCacheCtrlr", "Enabled"): _flag(Setting.CACHE_ENABLED, writable=True),
    ("AuthCtrlr", "AuthorizeRemoteStart"): _flag(Setting.AUTHORIZE_REMOTE_STARTS, writable=True),
    ("AuthCtrlr", "Enabled"): _flag(Setting.AUTHORIZATION_ENABLED, writable=True),
    ("AuthCtrlr", "LocalAuthorizeOffline"): _flag(Setting.START_KNOWN_OFFLINE, writable=True),
    ("AuthCtrlr", "LocalPreAuthorize"): _flag(Setting.LOCAL_PRE_AUTHORIZE, writable=True),
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"): _flag(Setting.START_UNKNOWN_OFFLINE, writable=True),
    ("LocalAuthListCtrlr", "Enabled"): _flag(Setting.LOCAL_LIST_ENABLED, writable=True),
    ("LocalAuthListCtrlr", "Entries"): Variable(value="0", kind="integer", most=Setting.LOCAL_LIST_LENGTH),
    ("LocalAuthListCtrlr", "ItemsPerMessage"): Variable(setting=Setting.LOCAL_LIST_AT_ONCE, kind="integer"),
    ("OCPPCommCtrlr", "HeartbeatInterval"): _seconds(Setting.HEARTBEAT_INTERVAL),
    ("OCPPCommCtrlr", "OfflineThreshold"): Variable(value="60", kind="integer"),
    ("SampledDataCtrlr", "TxUpdatedInterval"): _seconds(Setting.METER_INTERVAL),
    ("SampledDataCtrlr", "TxUpdatedMeasurands"): Variable(
        value="Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage", kind="MemberList"
    ),
    ("SecurityCtrlr", "BasicAuthPassword"): Variable(value="OPENSESAMEOPENSESAME", writable=True),
    ("SmartChargingCtrlr", "Enabled"): _flag(Setting.LIMITS_SUPPORTED),
    ("SmartChargingCtrlr", "ProfileStackLevel"): Variable(setting=Setting.HIGHEST_LEVEL, kind="integer"),
    ("SmartChargingCtrlr", "RateUnit"): Variable(setting=Setting.LIMIT_UNITS, kind="MemberList"),
    ("TxCtrlr", "EVConnectionTimeOut"): _seconds(Setting.CONNECTION_TIMEOUT),
    ("TxCtrlr", "StopTxOnInvalidId"): _flag(Setting.STOP_ON_INVALID_ID, writable=True),
}
_RESERVATIONS: Mapping[tuple[str, str], Variable] = {
    ("ReservationCtrlr", "Available"): Variable(value="true", kind="boolean"),
    ("ReservationCtrlr", "Enabled"): _flag(Setting.RESERVATIONS_ENABLED, writable=True),
    ("ReservationCtrlr", "NonEvseSpecific"): _flag(Setting.UNBOUND_RESERVATIONS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceModel:
    """The device model of one charger; `words` gives the status word of an EVSE, `fixed` values of the station itself."""

    state: State
    words: Mapping[int, str]
    fixed: Mapping[tuple[str, str], str]

    def entries(self) -> Iterator[tuple[Json, str, Variable]]:
        """Component, variable name and variable of everything that there is."""
        for (owner, name), variable in self._of_station().items():
            yield {"name": owner}, name, variable
        for evse in self.state.evses.values():
            for component, name, value, kind in self._of_evse(evse):
                yield component, name, Variable(value=value, kind=kind)

    def find(self, component: Json, variable: Json) -> tuple[str, Variable | None]:
        """The status of a look-up, and the variable if it is Accepted."""
        known = False
        for candidate, name, found in self.entries():
            if _is_same(candidate, component):
                known = True
                if name.casefold() == variable["name"].casefold():
                    return "Accepted", found
        return ("UnknownVariable" if known else "UnknownComponent"), None

    def report(self) -> list[Json]:
        """The reportData of a full inventory."""
        return [
            {
                "component": component,
                "variable": {"name": name},
                "variableAttribute": [
                    {
                        "type": "Actual",
                        "value": variable.current(self.state),
                        "mutability": "ReadWrite" if variable.writable else "ReadOnly",
                    }
                ],
                "variableCharacteristics": {"dataType": variable.kind, "supportsMonitoring": False},
            }
            for component, name, variable in self.entries()
        ]

    def _of_station(self) -> dict[tuple[str, str], Variable]:
        claimed = _RESERVATIONS if self.state.has(Setting.RESERVATIONS_CLAIMED) else {}
        return {**_STATION, **claimed, **{key: Variable(value=value) for key, value in self.fixed.items()}}

    def _of_evse(self, evse: Evse) -> Iterator[tuple[Json, str, str, str]]:
        at_evse: Json = {"name": "EVSE", "evse": {"id": evse.id}}
        at_connector: Json = {"name": "Connector", "evse": {"id": evse.id, "connectorId": 1}}
        yield at_evse, "AvailabilityState", self.words[evse.id], "OptionList"
        yield at_evse, "Available", "true", "boolean"
        yield at_evse, "Power", "0", "decimal"
        yield at_connector, "AvailabilityState", self.words[evse.id], "OptionList"
        yield at_connector, "Available", "true", "boolean"
        yield at_connector, "ConnectorType", evse.connector_type, "string"
        if phases := self.state.number(Setting.SUPPLY_PHASES):
            yield at_connector, "SupplyPhases", str(phases), "integer"


def _is_same(candidate: Json, asked: Json) -> bool:
    """Whether both name the same component; names in either case."""
    return bool(
        candidate["name"].casefold() == asked["name"].casefold()
        and candidate.get("evse") == (asked.get("evse") or None)
    )
