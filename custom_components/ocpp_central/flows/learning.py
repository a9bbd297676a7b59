"""Learns a card by waiting until somebody holds it to a charger's reader.

Knows how long it waits. Must not know for whom the card is learned.
"""

import asyncio
from datetime import timedelta
from typing import Final

from homeassistant.core import callback

from ..coordinator import CentralSystem
from ..core.presentation import Presentation
from ..core.token import IdToken
from ..id_tokens import tidied

PATIENCE: Final = timedelta(minutes=2)


async def learned_token(central: CentralSystem) -> IdToken | None:
    """The next token that somebody presents at any charger, as it is written down; None if nobody does so in time."""
    presented = asyncio.get_running_loop().create_future()

    @callback
    def tell(presentation: Presentation) -> None:
        if not presented.done():
            presented.set_result(presentation.token)

    stop_listening = central.audience.listen_to_presentations(tell)
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return tidied(await presented)
    except TimeoutError:
        return None
    finally:
        stop_listening()
