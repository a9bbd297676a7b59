"""The drivers whom the owner knows, with what they charge with.

Knows whose a token is and which group it belongs to. Must not know where drivers are kept, what is reserved for them,
nor who may charge (`authorization`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .events import Standing
from .token import IdToken

type DriverId = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whom a reservation is for: whoever presents this token, or one of this group. `driver` None: nobody we know."""

    token: IdToken
    group: str | None = field(default=None, repr=False)
    driver: DriverId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A person with at least one id token, the one that chargers are told first. `group`: as the owner named it.

    He may charge from `valid_from` until before `valid_until` (UTC; None: without a bound), and never while `blocked`.
    """

    driver_id: DriverId
    name: str
    tokens: tuple[IdToken, ...]
    group: str | None = field(default=None, repr=False)
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    blocked: bool = False

    @property
    def shared_group(self) -> str | None:
        """The group that a charger is told with his tokens; None if he has but one token, and no group.

        Somebody with several tokens is a group by himself: a charger knows one token of a hold, and lets another one in
        only by its group (1.6 section 5.13, H03.FR.07).
        """
        if self.group is not None or len(self.tokens) == 1:
            return self.group
        return self.driver_id

    def standing_at(self, moment: datetime) -> Standing:
        """Whether he may charge at this moment, as far as it is up to him alone."""
        if self.blocked:
            return Standing.BLOCKED
        if self.valid_from is not None and moment < self.valid_from:
            return Standing.NOT_YET_VALID
        if self.valid_until is not None and moment >= self.valid_until:
            return Standing.EXPIRED
        return Standing.ACCEPTED

    def as_holder(self, group: str | None = None) -> Holder:
        """Him as the holder of a reservation; `group`: instead of his own."""
        return Holder(token=self.tokens[0], group=group or self.shared_group, driver=self.driver_id)

    def own(self, token: IdToken) -> IdToken | None:
        """The token as it is known to be his; None if it is not."""
        return next((each for each in self.tokens if each.matches(token)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """All drivers, found in one step by id, name or token. Of two who claim the same, the first one has it."""

    known: tuple[Driver, ...] = ()
    _by_id: Mapping[DriverId, Driver] = field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, Driver] = field(init=False, repr=False, compare=False)
    _by_token: Mapping[str, Driver] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look everybody up once, so that no message of a charger has to."""
        backwards = self.known[::-1]
        object.__setattr__(self, "_by_id", {each.driver_id: each for each in backwards})
        object.__setattr__(self, "_by_name", {each.name.casefold(): each for each in backwards})
        object.__setattr__(self, "_by_token", {token.key: each for each in backwards for token in each.tokens})

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called, in their order."""
        return tuple(each.name for each in self.known)

    def get(self, driver_id: DriverId | None) -> Driver | None:
        """The driver of this id."""
        return None if driver_id is None else self._by_id.get(driver_id)

    def named(self, name: str) -> Driver | None:
        """The driver of this name, in letters of either case."""
        return self._by_name.get(name.casefold())

    def holder_of(self, token: IdToken) -> Driver | None:
        """Whose token it is; None for a stranger's. Its type counts only where both types are known."""
        driver = self._by_token.get(token.key)
        return None if driver is None or driver.own(token) is None else driver

    def group_of(self, token: IdToken) -> str | None:
        """The group that the token belongs to, if it does."""
        driver = self.holder_of(token)
        return None if driver is None else driver.shared_group

    def as_holder(self, token: IdToken, group: str | None = None) -> Holder:
        """Whoever has this token as the holder of a reservation, with all that is known of him.

        `group`: instead of his own. A type that is not given is the known one.
        """
        driver = self.holder_of(token)
        if driver is None:
            return Holder(token=token, group=group)
        told = (driver.own(token) or token) if token.type is None else token
        return Holder(token=told, group=group or driver.shared_group, driver=driver.driver_id)
