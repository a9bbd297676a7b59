"""Where a person looks and clicks in Home Assistant's pages. It must not know what should come of it."""

from datetime import datetime

from playwright.async_api import Locator, Page, expect


async def log_in(page: Page, user: str, password: str) -> None:
    """Fill in the page that greets whoever is not logged in."""
    await page.get_by_label("Username").fill(user)
    await page.get_by_label("Password").first.fill(password)  # second: the button that shows it
    await page.get_by_role("button", name="Log in").click()


async def go_to(page: Page, title: str) -> None:
    """Choose a page in the sidebar."""
    await page.get_by_role("link", name=title).click()


def section(page: Page, heading: str) -> Locator:
    """Return a part of the dashboard, by what is written over it."""
    return page.locator("hui-grid-section").filter(has=page.get_by_role("heading", name=heading))


def tile(section: Locator, name: str, state: str) -> Locator:
    """Return a tile that shows this state of the entity of this name."""
    return section.get_by_role("button", name=f"{name} {state}", exact=True)


async def press(section: Locator, name: str) -> None:
    """Press a button of the dashboard."""
    await section.get_by_role("button", name=name, exact=True).click()


async def begin_event(page: Page, *, summary: str, location: str, device: str) -> Locator:
    """Fill in a new event for the calendar of a device, all but its times; returns the form."""
    await page.get_by_role("button", name="Add event").click()
    form = page.locator("dialog-calendar-event-editor")
    await form.get_by_role("textbox", name="Summary").fill(summary)
    await form.get_by_role("textbox", name="Location").fill(location)
    await form.get_by_role("button", name="Calendar").click()
    await form.get_by_role("option", name=device).click()
    # Until it is gone, the list of calendars takes what is typed.
    await expect(form.get_by_role("listbox")).to_be_hidden()
    await expect(form.get_by_role("button", name=f"Calendar Reservations {device}")).to_be_visible()
    return form


async def save_event(form: Locator, *, start: datetime, end: datetime) -> None:
    """Enter the times of an event that starts and ends today, and save it."""
    hours, minutes = form.get_by_role("spinbutton", name="hh"), form.get_by_role("spinbutton", name="mm")
    for position, moment in enumerate((start, end)):
        await hours.nth(position).fill(str(moment.hour))
        await minutes.nth(position).fill(str(moment.minute))
    await form.get_by_role("button", name="Add event").click()
    await expect(form.get_by_role("textbox", name="Summary")).to_be_hidden()


def event(page: Page, *, summary: str, start: datetime) -> Locator:
    """Return an event that the calendar shows."""
    return page.get_by_role("button", name=f"{start:%H:%M} {summary}")


async def delete_event(page: Page, event: Locator) -> None:
    """Open an event, and delete it."""
    await event.click()
    await page.get_by_role("button", name="Delete event").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
