"""The names and defaults that the Home Assistant shell shares. It must not know what any of them is used for."""

import logging
from typing import Final

DOMAIN: Final = "ocpp_central"
NAME: Final = "OCPP Central System"
LOGGER: Final = logging.getLogger(__package__)

EVENT_ID_TOKEN_PRESENTED: Final = f"{DOMAIN}_id_token_presented"
EVENT_RESERVATION: Final = f"{DOMAIN}_reservation"
EVENT_START_EXPIRED: Final = f"{DOMAIN}_start_expired"

SUBENTRY_CHARGER: Final = "charger"
SUBENTRY_DRIVER: Final = "driver"
SUBENTRY_LINK: Final = "calendar_link"

CONF_BLOCKED: Final = "blocked"
CONF_CHARGER_ID: Final = "charger_id"
CONF_ENTRY_ID: Final = "entry_id"
CONF_GROUP: Final = "group"
CONF_HOUSE_TOKEN: Final = "house_token"  # noqa: S105  a key, no secret
CONF_ID_TOKENS: Final = "id_tokens"
CONF_IDENTITY: Final = "identity"
CONF_LOCAL_LIST: Final = "local_list"
CONF_PERSON: Final = "person"
CONF_RELAXED: Final = "relaxed"
CONF_VALID_FROM: Final = "valid_from"
CONF_VALID_UNTIL: Final = "valid_until"
CONF_VALUE: Final = "value"

DEFAULT_HOST: Final = "0.0.0.0"  # noqa: S104  chargers dial in from the network
DEFAULT_LOCAL_LIST: Final = False
DEFAULT_PORT: Final = 9016
DEFAULT_RELAXED: Final = True
