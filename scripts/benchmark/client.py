"""Chargers in a closed loop: each sends its next message when the one before is answered. A process of its own.

Knows WebSockets and the clock. Must not know what the server is.

Reads orders from standard input, one JSON object a line: `{"workload": …, "seconds": …, "messages": …}`, of which the
bound that is reached first counts; answers each with a line: `{"messages": …, "median": …, "p95": …}`, times in seconds.
Its first line, `{}`, says that all chargers are connected.
"""

import argparse
import asyncio
from collections.abc import Callable
import json
import sys
from time import perf_counter
from typing import Any

import orjson
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from .home import identities
from .workloads import CALL, CALL_ERROR, CALL_RESULT, Workload, call, greeting, message

ANSWER_WITHIN = 30.0
"""Seconds; a server that takes longer is broken."""


class Charger:
    """One charger. Its connection stands until the process ends."""

    def __init__(self, connection: ClientConnection) -> None:
        """Count messages from 1."""
        self._connection = connection
        self._number = 0

    async def greet(self, connectors: int = 1) -> None:
        """Say what a charger says after connecting, so that the server has nothing to ask."""
        for action, payload in greeting(connectors):
            self._number += 1
            await self._answered(call(action, payload, self._number))

    async def run(self, workload: Workload, until: float, most: int) -> list[float]:
        """Send messages until that moment of `perf_counter`, at most so many; the seconds that each answer took."""
        latencies: list[float] = []
        now = 0.0
        while now < until and len(latencies) < most:
            self._number += 1
            text = message(workload, self._number)
            sent = perf_counter()
            await self._answered(text)
            now = perf_counter()
            latencies.append(now - sent)
        return latencies

    async def _answered(self, text: str) -> None:
        await self._connection.send(text)
        while True:
            answer = orjson.loads(await self._connection.recv())
            if answer[0] != CALL:
                break
            await self._decline(answer[1])
        if answer[:2] != [CALL_RESULT, str(self._number)]:
            raise RuntimeError(f"{text} was answered with {answer}")

    async def _decline(self, message_id: str) -> None:
        refusal = [CALL_ERROR, message_id, "NotImplemented", "", {}]
        await self._connection.send(orjson.dumps(refusal).decode())


async def serve_orders(url: str, count: int, read: Callable[[], str]) -> None:
    """Connect `count` chargers and carry out orders until `read` gives no more."""
    chargers = []
    for identity in identities(count):
        connection = await connect(f"{url}/{identity}", subprotocols=[Subprotocol("ocpp1.6")], compression=None)
        chargers.append(Charger(connection))
    async with asyncio.timeout(ANSWER_WITHIN):
        await asyncio.gather(*(charger.greet() for charger in chargers))
    _say({})
    while line := await asyncio.to_thread(read):
        _say(await _carried_out(chargers, json.loads(line)))


async def _carried_out(chargers: list[Charger], order: dict[str, Any]) -> dict[str, Any]:
    workload, most = Workload(order["workload"]), order["messages"]
    async with asyncio.timeout(order["seconds"] + ANSWER_WITHIN):
        until = perf_counter() + order["seconds"]
        runs = await asyncio.gather(*(charger.run(workload, until, most) for charger in chargers))
    latencies = sorted(latency for run in runs for latency in run)
    return {
        "messages": len(latencies),
        "median": latencies[len(latencies) // 2],
        "p95": latencies[len(latencies) * 95 // 100],
    }


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--chargers", type=int, default=1)
    arguments = parser.parse_args()
    asyncio.run(serve_orders(arguments.url, arguments.chargers, sys.stdin.readline))
