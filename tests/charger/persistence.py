"""What a simulated charger keeps over a restart, as a JSON file.

It must not know what happens to any of it afterwards.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
import json
from pathlib import Path

from .model import Hold, Json, Judgement, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Holds (B01.FR.13), unanswered messages, wire ids of transactions, meters' registers in Wh, and the local list."""

    holds: tuple[Hold, ...] = ()
    messages: tuple[Message, ...] = ()
    wire_ids: Mapping[str, int | str] = field(default_factory=dict)
    energy_wh: Mapping[int, float] = field(default_factory=dict)
    local_list: Mapping[str, Judgement] = field(default_factory=dict)
    local_list_version: int = 0


def save(path: Path, memory: Memory) -> None:
    """Write the file in one piece: a charger may lose its power at any time."""
    data: Json = {
        "holds": [{**asdict(hold), "expiry": hold.expiry.isoformat()} for hold in memory.holds],
        "messages": [asdict(message) for message in memory.messages],
        "wire_ids": dict(memory.wire_ids),
        "energy_wh": {str(evse): energy for evse, energy in memory.energy_wh.items()},
        "local_list": {token: [entry.status, entry.group] for token, entry in memory.local_list.items()},
        "local_list_version": memory.local_list_version,
    }
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(data, indent=2) + "\n")
    draft.replace(path)


def load(path: Path) -> Memory:
    """Read the file; a charger that never ran has an empty memory. Raises `ValueError` for anything else's file."""
    if not path.exists():
        return Memory()
    try:
        data = json.loads(path.read_text())
        return Memory(
            holds=tuple(Hold(**{**hold, "expiry": datetime.fromisoformat(hold["expiry"])}) for hold in data["holds"]),
            messages=tuple(Message(**message) for message in data["messages"]),
            wire_ids=data["wire_ids"],
            energy_wh={int(evse): energy for evse, energy in data["energy_wh"].items()},
            local_list={token: Judgement(*entry) for token, entry in data.get("local_list", {}).items()},
            local_list_version=data.get("local_list_version", 0),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not the state of a simulated charger") from error
