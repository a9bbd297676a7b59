"""Who dials in, and what to say to that.

Knows what a handshake tells of a charger: its identity in the path, its HTTP Basic credentials. Must not know who
is welcome (`Reception`) nor sockets (`server`).
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
import secrets
from typing import Final, Protocol
import unicodedata
from urllib.parse import unquote_to_bytes

from ..core.events import ChargerId
from .dialect import Version
from .intake import Desk
from .session import Session

LONGEST_IDENTITY: Final = 255
"""Characters; OCPP 2.x ends at 48, 1.6 says nothing. A stranger must not fill memory with its name."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_HEX_KEY_LENGTH: Final = 40
"""OCPP-J 1.6 section 6.2.1: an AuthorizationKey of 20 bytes, written as hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a charger presented with HTTP Basic."""

    username: str
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Come in: `desk` takes the charger's news, `relaxed` payloads are accepted unless they lose meaning.

    `version`: the only one that may be spoken; None: the first one in the charger's list that is spoken here.
    """

    desk: Desk
    relaxed: bool = True
    version: Version | None = None

    def allows(self, version: Version) -> bool:
        """Whether this version may be spoken."""
        return self.version in (None, version)


@dataclass(frozen=True, slots=True)
class UnknownCharger:
    """Nobody by this identity is expected: 404."""


@dataclass(frozen=True, slots=True)
class WrongCredentials:
    """The charger is expected, but not with this password or without one: 401."""


type Admission = Admitted | UnknownCharger | WrongCredentials


class Reception(Protocol):
    """Who decides about chargers that dial in, and hears of their coming and going. Plain functions."""

    def admit(self, identity: ChargerId, credentials: Credentials | None) -> Admission:
        """Say whether a charger may connect. Asked for every handshake that could become a connection.

        Asked again if that has to wait for its turn to replace an older one.
        """

    def not_understood(self, identity: ChargerId, offered: Sequence[str]) -> None:
        """Take note that a charger which may connect does not offer what may be spoken with it.

        `offered`: the subprotocols that it offers, as it spells them; none: it names no version, which stands for 1.6.
        """

    def connected(self, session: Session) -> None:
        """Take note of a connection; its messages come after this returned.

        There is one per charger: of an older one `disconnected` was called before.
        """

    def disconnected(self, session: Session) -> None:
        """Take note that a session ended; called once for each that was `connected`, after its last message."""


def identity_in(path: str) -> ChargerId | None:
    """The identity of a charger: the last segment of the request's path, decoded; None if there is none to accept.

    The query, slashes at the end and whatever precedes the last segment are ignored, so that chargers may have any
    prefix configured (OCPP-J: the identity is appended to the endpoint's URL, percent-encoded).
    """
    segment = path.partition("?")[0].rstrip("/").rpartition("/")[2]
    try:
        # a raw byte in the path comes as a surrogate
        identity = unquote_to_bytes(segment.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeError:
        return None
    return identity if is_identity(identity) else None


def is_identity(text: str) -> bool:
    """Whether a charger can have this identity: something visible, without `/`, of at most 255 characters."""
    return (
        0 < len(text) <= LONGEST_IDENTITY
        and "/" not in text
        and not text.isspace()
        and not any(unicodedata.category(character) in _INVISIBLE for character in text)
    )


def credentials_in(authorization: str | None, identity: ChargerId) -> Credentials | None:
    """The credentials of an Authorization header; None for no header, another scheme or an unreadable one.

    A user name ends at the first colon (RFC 7617), but OCPP allows colons in an identity, which chargers use as
    their user name: then it ends after the identity. The user name is not to be compared with anything: the path
    names the charger.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        text = base64.b64decode(token.strip(), validate=True)
    except binascii.Error, ValueError:
        return None
    known = identity.encode()
    username = known if text.startswith(known + b":") else text.partition(b":")[0]
    if b":" not in text:
        return None
    return Credentials(username=username.decode("utf-8", "replace"), password=text[len(username) + 1 :])


def password_matches(expected: str, presented: bytes) -> bool:
    """Whether a charger presented the expected password, in a time that does not tell how much of it is right.

    Chargers send text as UTF-8 or as Latin-1; 1.6 chargers send an AuthorizationKey of 40 hexadecimal digits as
    text or as the 20 bytes that it stands for.
    """
    spellings = [expected.encode()]
    try:
        spellings.append(expected.encode("latin-1"))
        if len(expected) == _HEX_KEY_LENGTH:
            spellings.append(bytes.fromhex(expected))
    except ValueError:
        pass
    matches = [secrets.compare_digest(spelling, presented) for spelling in spellings]
    return any(matches)
