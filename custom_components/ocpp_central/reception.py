"""Who is let in, and what begins and ends with a connection.

Knows the chargers' subentries and the strangers that dialled in. Must not know sockets (`csms.server`), nor what a
charger's events mean (`coordinator`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.const import CONF_PASSWORD
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.util import dt as dt_util
from websockets import CloseCode

from .audience import Place
from .charger_settings import connector_types, own_enforcement, own_version
from .const import (
    CONF_ENTRY_ID,
    CONF_IDENTITY,
    CONF_LOCAL_LIST,
    CONF_RELAXED,
    DEFAULT_LOCAL_LIST,
    DEFAULT_RELAXED,
    DOMAIN,
    LOGGER,
    SUBENTRY_CHARGER,
)
from .coordinator import CentralSystem, OcppConfigEntry
from .core.commands import Command, DropHold, Outcome, PlaceHold
from .core.events import (
    ChargerId,
    ConfigurationTold,
    Connected,
    DataAnswered,
    DataSent,
    Disconnected,
    Event,
    Notice,
    SecurityTold,
    Standing,
    UploadBegun,
    Verdict,
)
from .csms.admission import (
    Admission,
    Admitted,
    Credentials,
    UnknownCharger,
    WrongCredentials,
    password_matches,
)
from .csms.session import Session
from .data_transfer import is_awaited
from .reconciler import Reconciler
from .watches.version_repair import complain_of_version, version_agreed

MOST_STRANGERS: Final = 50
"""So many unknown identities are offered for adding; whoever invents more of them gets a 404 and nothing else."""

KEY_BYTES: Final = 20
"""The length of a binary AuthorizationKey (OCPP-J 1.6 section 6.2.1)."""


class ChargerDesk:
    """The desk of one charger: hands its news to the central system."""

    def __init__(self, central: CentralSystem, charger_id: ChargerId) -> None:
        """Serve one charger."""
        self._central = central
        self._charger_id = charger_id

    def apply(self, event: Event) -> Verdict | None:
        """Let an event change the world, or whoever listens know of it."""
        if isinstance(event, ConfigurationTold | DataSent | DataAnswered | UploadBegun | SecurityTold):
            self._central.audience.pass_on(self._charger_id, event)
            return self._verdict_on(event)
        return self._central.apply(self._charger_id, event)

    def _verdict_on(self, notice: Notice) -> Verdict | None:
        if not isinstance(notice, DataSent):
            return None
        awaited = is_awaited(self._central.hass)
        return Verdict(standing=Standing.ACCEPTED if awaited else Standing.UNKNOWN)

    async def saved(self) -> None:
        """Return when all that was applied is on disk."""
        await self._central.saved()

    def late(self, command: Command, outcome: Outcome) -> None:
        """Take an answer into account that nobody waited for any more."""
        if isinstance(command, PlaceHold | DropHold):
            self._central.answered(self._charger_id, command, outcome)


class Reception:
    """Lets the chargers of one config entry in, and offers strangers for adding."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry, central: CentralSystem) -> None:
        """Expect nobody to be connected yet."""
        self._hass = hass
        self._entry = entry
        self._central = central
        self._known: dict[ChargerId, Mapping[str, Any]] = {}
        self._names: dict[ChargerId, str] = {}
        self._strangers: set[ChargerId] = set()
        self._refused: set[ChargerId] = set()
        self._reconcilers: dict[Session, Reconciler] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def take_over(self) -> None:
        """Bring the chargers that are known in line with the subentries; every other charger keeps its connection."""
        subentries = {
            subentry.unique_id: subentry
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_CHARGER)
            if subentry.unique_id is not None
        }
        wanted: dict[ChargerId, Mapping[str, Any]] = {charger_id: each.data for charger_id, each in subentries.items()}
        names = {charger_id: each.title for charger_id, each in subentries.items()}
        outdated = [known for known in self._known if _let_in(self._known[known]) != _let_in(wanted.get(known))]
        self._known = wanted
        for charger_id in set(self._central.chargers) - set(wanted):
            self._central.remove_charger(charger_id)
        for charger_id, settings in wanted.items():
            self._strangers.discard(charger_id)
            self._central.add_charger(charger_id)
            self._central.give_types(charger_id, connector_types(settings))
            self._central.give_enforcement(charger_id, own_enforcement(settings))
            self._central.lists.keep(charger_id, wanted=settings.get(CONF_LOCAL_LIST, DEFAULT_LOCAL_LIST) is True)
        renamed = [known for known in names if names[known] != self._names.get(known)]
        self._names = names
        self._central.audience.wake(map(Place, renamed))
        for charger_id in outdated:
            self._refused.discard(charger_id)
            version_agreed(self._hass, charger_id)
            if (session := self._session_of(charger_id)) is not None:
                await session.close(CloseCode.NORMAL_CLOSURE, "settings changed")

    @callback
    def admit(self, identity: ChargerId, credentials: Credentials | None) -> Admission:
        """Let a charger in that was added, with its password if it has one."""
        settings = self._known.get(identity)
        if settings is None:
            self._offer(identity, credentials)
            return UnknownCharger()
        password = settings.get(CONF_PASSWORD)
        if password and not (credentials and password_matches(password, credentials.password)):
            if identity not in self._refused:
                self._refused.add(identity)
                LOGGER.warning("%s was refused: its password is missing or wrong (logged once)", identity)
            return WrongCredentials()
        self._refused.discard(identity)
        return Admitted(
            desk=ChargerDesk(self._central, identity),
            relaxed=settings.get(CONF_RELAXED, DEFAULT_RELAXED),
            version=own_version(settings),
        )

    @callback
    def not_understood(self, identity: ChargerId, offered: Sequence[str]) -> None:
        """Have the owner mend it where a charger is held to a version that it does not offer."""
        if (version := own_version(self._known.get(identity, {}))) is not None:
            complain_of_version(self._hass, identity, self._central.name_of(identity), version, offered)

    @callback
    def connected(self, session: Session) -> None:
        """A charger is here: tell the central system, and bring it to hold what it should."""
        charger_id = session.charger_id
        version_agreed(self._hass, charger_id)
        self._central.apply(charger_id, Connected(token_length=session.token_length, at=dt_util.utcnow()))
        reconciler = Reconciler(self._hass, self._central, session)
        self._reconcilers[session] = reconciler
        self._central.connections.set(charger_id, reconciler)
        self._central.lists.renew_at(charger_id)
        task = self._hass.async_create_background_task(reconciler.run(), f"{DOMAIN} reconciler {charger_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        LOGGER.info("%s is connected with %s", charger_id, session.version)

    @callback
    def disconnected(self, session: Session) -> None:
        """A charger is gone; a newer connection of it, if there is one, has not been announced yet."""
        charger_id = session.charger_id
        self._central.connections.set(charger_id, None)
        self._central.apply(charger_id, Disconnected(at=dt_util.utcnow()))
        if (reconciler := self._reconcilers.pop(session, None)) is not None:
            reconciler.end()
        LOGGER.info("%s is not connected any more", charger_id)

    async def stop(self) -> None:
        """Return once every command has its outcome. The connections have ended by now, so nothing is waited for."""
        for charger_id in self._known:
            version_agreed(self._hass, charger_id)
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _session_of(self, charger_id: ChargerId) -> Session | None:
        return next((each for each in self._reconcilers if each.charger_id == charger_id), None)

    def _offer(self, identity: ChargerId, credentials: Credentials | None) -> None:
        """Offer a stranger for adding: once, however often it tries."""
        if identity in self._strangers or len(self._strangers) >= MOST_STRANGERS:
            return
        self._strangers.add(identity)
        LOGGER.info("A charger that was not added dialled in as %s", identity)
        offer = {CONF_ENTRY_ID: self._entry.entry_id, CONF_IDENTITY: identity}
        if credentials is not None:
            offer[CONF_PASSWORD] = _as_text(credentials.password)
        discovery_flow.async_create_flow(
            self._hass, DOMAIN, context={"source": SOURCE_INTEGRATION_DISCOVERY}, data=offer
        )


def _let_in(settings: Mapping[str, Any] | None) -> tuple[object, ...] | None:
    """The settings that a connection was made with; all others apply at once. None: the charger is gone."""
    if settings is None:
        return None
    return settings.get(CONF_PASSWORD), settings.get(CONF_RELAXED, DEFAULT_RELAXED), own_version(settings)


def _as_text(password: bytes) -> str:
    """A presented password as the owner would type it: text, or the digits of a binary AuthorizationKey."""
    try:
        return password.decode()
    except UnicodeDecodeError:
        return password.hex() if len(password) == KEY_BYTES else password.decode("latin-1")
