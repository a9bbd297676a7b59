"""What an ID token may look like that somebody types in. Must not know whose it is, nor what it is typed in for."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import voluptuous as vol

TOKEN_TYPES: Final = (
    "Central",
    "eMAID",
    "ISO14443",
    "ISO15693",
    "KeyCode",
    "Local",
    "MacAddress",
    "DirectPayment",
    "EVCCID",
    "VIN",
)
"""The kinds of token that a person can present (2.0.1, 2.1); NoAuthorization carries no token, so it is not one."""

LONGEST: Final = 255
"""No version of OCPP carries a longer token (2.1), and no state of Home Assistant is longer."""

# No card and no key code has control characters, and what cannot be typed cannot be found again.
PLAIN_TEXT: Final = vol.All(cv.string, vol.Strip, vol.Match(r"^[^\x00-\x1f\x7f]+$"))
