"""How a charger's handshake is made one that websockets accepts.

Knows the mistakes that chargers make in it (docs/quirks.md). Must not know who is welcome, nor what is negotiated.
"""

import re
from typing import Final

from websockets import Headers

_NAMES: Final = re.compile(r"[-!#$%&'*+.^_`|~\w]+(\s*,\s*[-!#$%&'*+.^_`|~\w]+)*", re.ASCII)
"""A list of subprotocols (RFC 6455 section 4.3)."""

_UPGRADE: Final = "Connection"
_OFFER: Final = "Sec-WebSocket-Protocol"


def mend(headers: Headers) -> tuple[str, ...]:
    """Change the headers of a request that asks for a WebSocket to what is meant; what was wrong, in words for a log.

    An offer of subprotocols that cannot be read is none.
    """
    mistakes: list[str] = []
    if "upgrade" not in ",".join(headers.get_all(_UPGRADE)).casefold():
        _replace(headers, _UPGRADE, "Upgrade")
        mistakes.append("dials in without asking for an upgrade of its connection")
    if not all(_NAMES.fullmatch(offer.strip()) for offer in headers.get_all(_OFFER)):
        _replace(headers, _OFFER)
        mistakes.append("offers versions of OCPP that cannot be read")
    return tuple(mistakes)


def _replace(headers: Headers, name: str, *values: str) -> None:
    if name in headers:
        del headers[name]
    for value in values:
        headers[name] = value
