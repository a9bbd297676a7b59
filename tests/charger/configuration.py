"""The configuration keys of a simulated OCPP 1.6 charger.

It must not know what a setting does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .model import Json
from .state import Setting, State

_ROTATIONS = {"0": "Unknown", "1": "0.NotApplicable", "3": "0.RST"}
"""By how many phases there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A configuration key: a setting, or a fixed value."""

    setting: Setting | None = None
    value: str = ""
    readonly: bool = True

    def read(self, name: str, state: State) -> Json:
        """The entry of GetConfiguration.conf."""
        value = state.settings[self.setting] if self.setting is not None else self.value
        if name == "SupportedFeatureProfiles":
            value += ",Reservation" if state.has(Setting.RESERVATIONS_CLAIMED) else ""
            value += ",SmartCharging" if state.has(Setting.LIMITS_SUPPORTED) else ""
        if name == "ChargingScheduleAllowedChargingRateUnit":
            value = value.replace("A", "Current").replace("W", "Power")
        if name == "ConnectorPhaseRotation":
            value = _ROTATIONS[value]
        if name == "NumberOfConnectors":
            value = str(len(state.evses))
        return {"key": name, "readonly": self.readonly, "value": value}

    def write(self, value: str, state: State, *, after_reboot: bool = False) -> str:
        """Change the setting, at once or with the next reboot, and give the status of ChangeConfiguration.conf."""
        if self.readonly or self.setting is None:
            return "Rejected"
        is_flag = state.settings[self.setting] in {"true", "false"}
        if value.lower() not in {"true", "false"} if is_flag else not value.isdecimal():
            return "Rejected"
        return state.change(self.setting, value.lower(), after_reboot=after_reboot)


def _writable(setting: Setting) -> Key:
    return Key(setting=setting, readonly=False)


KEYS: Mapping[str, Key] = {
    "AllowOfflineTxForUnknownId": _writable(Setting.START_UNKNOWN_OFFLINE),
    "AuthorizationKey": Key(value="OPENSESAMEOPENSESAME"),
    "AuthorizationCacheEnabled": _writable(Setting.CACHE_ENABLED),
    "AuthorizeRemoteTxRequests": _writable(Setting.AUTHORIZE_REMOTE_STARTS),
    "ChargeProfileMaxStackLevel": Key(setting=Setting.HIGHEST_LEVEL),
    "ChargingScheduleAllowedChargingRateUnit": Key(setting=Setting.LIMIT_UNITS),
    "ClockAlignedDataInterval": Key(value="0"),
    "ConnectionTimeOut": _writable(Setting.CONNECTION_TIMEOUT),
    "ConnectorPhaseRotation": Key(setting=Setting.SUPPLY_PHASES),
    "GetConfigurationMaxKeys": Key(value="50"),
    "HeartbeatInterval": _writable(Setting.HEARTBEAT_INTERVAL),
    "LocalAuthListEnabled": _writable(Setting.LOCAL_LIST_ENABLED),
    "LocalAuthorizeOffline": _writable(Setting.START_KNOWN_OFFLINE),
    "LocalAuthListMaxLength": Key(setting=Setting.LOCAL_LIST_LENGTH),
    "LocalPreAuthorize": _writable(Setting.LOCAL_PRE_AUTHORIZE),
    "MeterValuesSampledData": Key(value="Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage"),
    "MeterValueSampleInterval": _writable(Setting.METER_INTERVAL),
    "NumberOfConnectors": Key(),
    "ReserveConnectorZeroSupported": Key(setting=Setting.UNBOUND_RESERVATIONS),
    "SendLocalListMaxLength": Key(setting=Setting.LOCAL_LIST_AT_ONCE),
    "StopTransactionOnEVSideDisconnect": Key(value="true"),
    "StopTransactionOnInvalidId": _writable(Setting.STOP_ON_INVALID_ID),
    "SupportedFeatureProfiles": Key(value="Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger"),
    "TransactionMessageAttempts": Key(value="3"),
    "UnlockConnectorOnEVSideDisconnect": Key(value="true"),
}
"""Every key that the charger knows."""
