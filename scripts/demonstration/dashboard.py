"""The demo's dashboard: each connector's status and reservation, with buttons to reserve it and to cancel.

Must not know where the entities come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

type Card = dict[str, Any]

CONNECTOR_KEYS = ("status", "reserved", "reserved_until", "reserve", "cancel_reservation")
"""The entities of a connector that the dashboard shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorEntities:
    """A connector, with its entity ids by `CONNECTOR_KEYS`."""

    name: str
    entities: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerEntities:
    """A charger: the entity id of its connection, and its connectors."""

    name: str
    connected: str
    connectors: Sequence[ConnectorEntities]


def dashboard(chargers: Sequence[ChargerEntities]) -> Card:
    """The configuration of a dashboard with one section for each connector, a row for each charger."""
    return {
        "views": [
            {
                "type": "sections",
                "title": "Chargers",
                "path": "chargers",
                "icon": "mdi:ev-station",
                "max_columns": max(len(charger.connectors) for charger in chargers),
                "sections": [_section(charger, connector) for charger in chargers for connector in charger.connectors],
            }
        ]
    }


def _section(charger: ChargerEntities, connector: ConnectorEntities) -> Card:
    ids = connector.entities
    return {
        "type": "grid",
        "cards": [
            {
                "type": "heading",
                "heading": f"{charger.name} · {connector.name}",
                "icon": "mdi:ev-station",
                "badges": [{"type": "entity", "entity": charger.connected, "show_state": True}],
            },
            _tile(ids["status"], columns=6),
            _tile(ids["reserved"], columns=6),
            {**_tile(ids["reserved_until"], columns=12), "visibility": [_is_on(ids["reserved"])]},
            _button(ids["reserve"]),
            _button(ids["cancel_reservation"]),
        ],
    }


def _tile(entity_id: str, *, columns: int) -> Card:
    return {
        "type": "tile",
        "entity": entity_id,
        "name": {"type": "entity"},
        "grid_options": {"columns": columns},
    }


def _is_on(entity_id: str) -> Card:
    return {"condition": "state", "entity": entity_id, "state": "on"}


def _button(entity_id: str) -> Card:
    return {
        "type": "button",
        "entity": entity_id,
        "name": {"type": "entity"},
        "tap_action": {
            "action": "perform-action",
            "perform_action": "button.press",
            "target": {"entity_id": entity_id},
        },
        "grid_options": {"columns": 6, "rows": 2},
    }
