"""A clock for tests, which stands still until it is moved.

It must not know who reads it.
"""

from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time now."""
        return self.now

    def forward(self, **by: float) -> None:
        """Move on, by what `timedelta` takes."""
        self.now += timedelta(**by)

    def after(self, **by: float) -> str:
        """A coming time as on the wire."""
        return (self.now + timedelta(**by)).strftime("%Y-%m-%dT%H:%M:%SZ")
