"""How wrong the clock of a charger is, as far as the dates of its messages show.

Knows what a date proves. Must not know messages, nor what a wrong clock leads to.

A message arrives after what it tells has happened, never before. So a date ahead of our time proves a lead. A date behind
it proves nothing: the message may have waited for a connection, or tell again of an old change. But what is late is
late by itself each time, while a slow clock shows the same lag again and again. So a lag is believed only once
messages that came at different times agree on it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

TOLERANCE = timedelta(seconds=3)
"""Dates are cut to whole seconds, and messages travel: less than this is no difference."""

APART = timedelta(seconds=10)
"""What comes sooner after another message may come from the same queue. More than the tolerance, so that a date that
is told again and again does not agree with itself."""

ENOUGH = 3
"""So many messages have to agree on a lag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Dates that lag behind the clock as we believe it: by how much, how many agreed, and when the latest came."""

    shown: timedelta
    at: datetime
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A charger's clock. `skew`: how far it is ahead of ours, negative if it is behind, zero until something shows.

    `before`: how far that was when the charger was away for the last time.
    """

    skew: timedelta = timedelta(0)
    doubt: Doubt | None = None
    before: timedelta = timedelta(0)

    @property
    def possible(self) -> tuple[timedelta, ...]:
        """By how much it may have been wrong when it dated what was queued, the likeliest first.

        Our answers set a clock that lets itself be set, and a restart may have set it. So one that was known to be wrong may have
        been right for some of the time, and one that is right now may have been wrong.
        """
        return self.skew, self.before, timedelta(0)

    def reconnected(self) -> Clock:
        """The clock when its charger has connected again."""
        return self if self.before == self.skew else replace(self, before=self.skew)

    def after(self, told: datetime, received: datetime) -> Clock:
        """The clock once a message that came at `received` was dated `told`; itself where that shows nothing new."""
        shown = told - received
        if -TOLERANCE <= shown <= TOLERANCE:
            # Late by just what its clock is ahead: that would be a strange coincidence.
            return self if not self.skew and self.doubt is None else self._shown(timedelta(0))
        if shown > self.skew + TOLERANCE:
            return self._shown(shown)
        if shown >= self.skew - TOLERANCE:
            return self if self.doubt is None else replace(self, doubt=None)
        return self._lagging(shown, received)

    def _lagging(self, shown: timedelta, received: datetime) -> Clock:
        doubt = self.doubt
        if doubt is None or abs(shown - doubt.shown) > TOLERANCE:
            return replace(self, doubt=Doubt(shown=shown, at=received))
        if received - doubt.at < APART:
            return self
        if doubt.times + 1 >= ENOUGH:
            return self._shown(shown)
        return replace(self, doubt=replace(doubt, at=received, times=doubt.times + 1))

    def _shown(self, skew: timedelta) -> Clock:
        return replace(self, skew=skew, doubt=None)
