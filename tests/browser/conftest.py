"""A running demo, and a browser in which its user has logged in.

What they leave is in build/browser: the demo's data and logs, and a picture of the page if a test fails.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
import os
from pathlib import Path
import re
import shutil
import subprocess

import aiohttp
from playwright.async_api import Page, ViewportSize, async_playwright, expect
import pytest

import chromium
from demonstration.client import HomeAssistantClient
from demonstration.setup import PASSWORD, USER
from tests.charger import persistence

from .pages import log_in

PATIENCE = 20.0
"""Seconds after which what a click should have brought is a failure: a shared machine may be slow for a moment."""

CHECKOUT = Path(__file__).resolve().parents[2]
LEFT = CHECKOUT / "build" / "browser"
TIME_ZONE = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"  # POSIX counts towards the west
"""Where it is noon, so that no test sees a midnight or a change of clocks; of Home Assistant and of the browser."""

_SIZE: ViewportSize = {"width": 1280, "height": 900}
_PASSED = pytest.StashKey[bool]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What `scripts/demo` runs: the address of Home Assistant, and where chargers keep their memory."""

    url: str
    directory: Path

    def held(self, identity: str) -> list[int | None]:
        """The EVSEs for which a simulated charger itself holds a reservation."""
        return [hold.evse for hold in persistence.load(self.directory / f"{identity}.json").holds]


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """A Chromium; without one tests are skipped, but fail where they are to guard a change."""
    path = chromium.found()
    if path is not None:
        return path
    reason = "There is no Chromium on this machine; `python3 scripts/chromium.py` fetches one, or says why not."
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def demo(browser_path: Path) -> Iterator[Demo]:
    """A new demo, started as people start it."""
    shutil.rmtree(LEFT, ignore_errors=True)
    directory = LEFT / "demo"
    with subprocess.Popen(  # noqa: S603  our own command
        [CHECKOUT / "scripts" / "demo", "--config", directory],
        env={**os.environ, "TZ": TIME_ZONE},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            ready = next(filter(None, (re.search(r"(http://\S+) +login:", line) for line in process.stdout)), None)
            assert ready, "The demo has ended before it was ready"
            yield Demo(url=ready[1], directory=directory)
        finally:
            process.terminate()
            process.wait()


@pytest.fixture
async def home(demo: Demo) -> AsyncIterator[HomeAssistantClient]:
    """Home Assistant's own word for what pages show."""
    async with aiohttp.ClientSession(demo.url) as session:
        client = HomeAssistantClient(session, demo.url)
        await client.log_in(USER, PASSWORD)
        yield client
        await client.log_out()


@pytest.fixture
async def page(request: pytest.FixtureRequest, browser_path: Path, demo: Demo) -> AsyncIterator[Page]:
    """What the demo's user sees first, in British English: its clock has 24 hours."""
    expect.set_options(timeout=PATIENCE * 1000)
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=browser_path) as browser,
    ):
        page = await browser.new_page(viewport=_SIZE, locale="en-GB", timezone_id=TIME_ZONE)
        page.set_default_timeout(PATIENCE * 1000)
        try:
            await page.goto(demo.url)
            await log_in(page, USER, PASSWORD)
            yield page
        finally:
            if not request.node.stash.get(_PASSED, False):
                await page.screenshot(path=LEFT / f"{request.node.name}.png")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Note what needs no picture."""
    if call.when == "call" and call.excinfo is None:
        item.stash[_PASSED] = True
