"""Our texts where Home Assistant shows none by itself: in what calendars and the activity page say.

Must not know what any of them says.
"""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import LOCALE_EN, async_get_cached_translations

from .const import DOMAIN


def texts(hass: HomeAssistant, category: str) -> Mapping[str, str]:
    """The texts of a category in the language of Home Assistant, by their full keys; may be asked for in any thread.

    A language that was chosen a moment ago may not have been loaded yet; English always is.
    """
    languages = (hass.config.language, LOCALE_EN)
    return next(filter(None, (async_get_cached_translations(hass, each, category, DOMAIN) for each in languages)), {})
