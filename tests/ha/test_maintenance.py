"""A new firmware, what a charger has logged, and what it tells of its security."""

from datetime import UTC, datetime, timedelta
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, SimulatedCharger, Version

from .conftest import ON_V2, ON_V16, TELLS_ALL, Site, charger_subentry, eventually, refused

pytestmark = [pytest.mark.blackbox, pytest.mark.usefixtures("all_entities_on")]

MARCH = datetime(2027, 3, 1, tzinfo=UTC)
WHERE = "ftp://192.0.2.1/files/"
FIRMWARE, UPLOAD, SECURITY = "sensor.a_firmware_update", "sensor.a_diagnostics_upload", "event.a_security_event"


async def act(site: Site, action: str, **data: object) -> dict[str, Any]:
    """Have the charger do it."""
    return await site.act(action, device_id=site.device_id(), location=WHERE, **data)


async def test_a_firmware_is_fetched_and_installed(site: Site, version: Version) -> None:
    """Step by step, as the charger tells."""
    charger = await site.charger(version=version)
    stages = site.history(FIRMWARE)
    assert site.state(FIRMWARE) is None
    assert await act(site, "update_firmware", retries=2) == {"status": "Accepted"}
    await site.shows(FIRMWARE, "installed")
    assert stages == ["downloading", "downloaded", "installing", "installed"]
    assert charger.complaints == []


@pytest.mark.parametrize(
    ("told", "firmware", "shown"),
    [
        ("Installing", "2.0", "installed"),
        ("Downloaded", "2.0", "installed"),
        ("Installing", "1.0", "installing"),
        ("InstallationFailed", "2.0", "installation_failed"),
    ],
)
async def test_a_charger_that_boots_with_another_firmware_has_installed_it(
    site: Site, version: Version, told: str, firmware: str, shown: str
) -> None:
    """Many say no more of it."""
    charger = await site.charger(version=version)
    await charger.call("FirmwareStatusNotification", {"status": told})
    await charger.go_offline()
    updated = await site.dial(version=version, behaviour=Behaviour(firmware=firmware))
    await updated.ready()
    await updated.heartbeat()
    assert site.state(FIRMWARE) == shown


def complaints(hass: HomeAssistant) -> dict[str, str]:
    """The repairs of what failed, by the texts' keys, with what the charger says."""
    return {
        issue.translation_key or "": (issue.translation_placeholders or {}).get("stage", "")
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
    }


async def test_what_failed_is_told_until_it_goes_better(
    hass: HomeAssistant, site: Site, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """Also after a restart of Home Assistant; whoever has ordered it need not look."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    upload = "DiagnosticsStatusNotification" if version is Version.V16 else "LogStatusNotification"
    await charger.call("FirmwareStatusNotification", {"status": "Downloading"})
    assert complaints(hass) == {}
    await charger.call("FirmwareStatusNotification", {"status": "DownloadFailed"})
    await charger.call(upload, {"status": "UploadFailed" if version is Version.V16 else "UploadFailure"})
    both = {"firmware_update_failed": "Download failed", "diagnostics_upload_failed": "Upload failed"}
    await eventually(lambda: complaints(hass) == both, "the repairs")
    await charger.go_offline()
    await site.stop()
    assert complaints(hass) == {}
    await site.start()
    assert complaints(hass) == both
    charger.go_online()
    await charger.ready()
    await site.shows(FIRMWARE, "download_failed")
    await charger.call("FirmwareStatusNotification", {"status": "Downloading"})
    await charger.call(upload, {"status": "Uploaded"})
    await eventually(lambda: complaints(hass) == {}, "the end of the repairs")
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len([each for each in warnings if "download_failed" in each]) == 2


@ON_V2
@pytest.mark.parametrize(
    ("message", "word", "shown"),
    [
        ("FirmwareStatusNotification", "InstallationFailed", "Installation failed"),
        ("FirmwareStatusNotification", "InvalidSignature", "Invalid signature"),
        ("FirmwareStatusNotification", "InstallVerificationFailed", "Verification failed"),
        ("LogStatusNotification", "BadMessage", "Request not understood"),
        ("LogStatusNotification", "NotSupportedOperation", "Not supported"),
        ("LogStatusNotification", "PermissionDenied", "Permission denied"),
    ],
)
async def test_each_way_to_fail_is_told(
    hass: HomeAssistant, site: Site, version: Version, message: str, word: str, shown: str
) -> None:
    """In the words of the sensors, and not of a charger that is gone."""
    charger = await site.charger(version=version)
    await charger.call(message, {"status": word, "requestId": 1})
    await eventually(lambda: list(complaints(hass).values()) == [shown], "a repair")
    (subentry_id,) = site.entry.subentries
    hass.config_entries.async_remove_subentry(site.entry, subentry_id)
    await eventually(lambda: complaints(hass) == {}, "the end of the repair")


@ON_V2
async def test_a_firmware_is_installed_later(site: Site, version: Version) -> None:
    """2.x has a time for it, local to Home Assistant unless it says where."""
    charger = await site.charger(version=version)
    await act(site, "update_firmware", retrieve_date="2027-03-01T22:00:00Z", install_date="2027-03-02T02:00:00Z")
    firmware = (await charger.wait_for("UpdateFirmware"))["firmware"]
    assert firmware == {
        "location": WHERE,
        "retrieveDateTime": "2027-03-01T22:00:00Z",
        "installDateTime": "2027-03-02T02:00:00Z",
    }


@ON_V16
async def test_1_6_cannot_install_later(site: Site, version: Version) -> None:
    """Said here, before the charger fetches anything."""
    await site.charger(version=version)
    error = await refused(act(site, "update_firmware", install_date="2027-03-02T02:00:00Z"), "unknown_to_version")
    assert '"Install from"' in str(error)


async def test_a_charger_is_told_times_in_its_own(site: Site, version: Version) -> None:
    """One whose clock is ahead by two hours would fetch a firmware two hours early, and look for what it logged then."""
    charger = await site.charger(version=version, behaviour=Behaviour(clock_skew=timedelta(hours=2)))
    span = {"start_time": "2027-03-01T20:00:00Z", "stop_time": "2027-03-01T21:00:00Z"}
    await act(site, "update_firmware", retrieve_date="2027-03-01T22:00:00Z")
    await act(site, "upload_diagnostics", **span)
    asked = [
        str(each.payload) for each in charger.received if each.action in {"UpdateFirmware", "GetDiagnostics", "GetLog"}
    ]
    told = re.findall(r"2027-[0-9T:-]+Z", " ".join(asked))
    hours = [round((datetime.fromisoformat(each) - MARCH).total_seconds() / 3600) for each in told]
    assert hours == [24, 22, 23]


SIGNATURE = {
    "signing_certificate": "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
    "signature": "c2ln",
}


async def test_a_signed_firmware_is_installed(site: Site, version: Version) -> None:
    """1.6 has a message of its own for it, in its security extension."""
    charger = await site.charger(version=version)
    message = "SignedUpdateFirmware" if version is Version.V16 else "UpdateFirmware"
    charger.behaviour = Behaviour(checks_itself=False, answers={message: "Accepted"})
    assert await act(site, "update_firmware", **SIGNATURE) == {"status": "Accepted"}
    firmware = (await charger.wait_for(message))["firmware"]
    assert firmware["signingCertificate"] == SIGNATURE["signing_certificate"]
    assert firmware["signature"] == "c2ln"


@pytest.mark.parametrize("part", list(SIGNATURE))
async def test_a_certificate_is_worth_nothing_without_a_signature(site: Site, part: str) -> None:
    """And the other way round."""
    await site.charger()
    await refused(act(site, "update_firmware", **{part: SIGNATURE[part]}), "signature_incomplete")


@pytest.mark.parametrize(
    "location", ["nonsense", "ftp:///logs/", "192.0.2.1/logs", "gopher://192.0.2.1", "http://[::1"]
)
@pytest.mark.parametrize("action", ["update_firmware", "upload_diagnostics"])
async def test_a_location_is_a_url(site: Site, action: str, location: str) -> None:
    """Said here: a charger would agree, and fail later."""
    charger = await site.charger()
    order = site.act(action, device_id=site.device_id(), location=location)
    assert "ftp, ftps, http, https, sftp" in str(await refused(order, "not_a_url"))
    assert not {"UpdateFirmware", "GetDiagnostics"} & {each.action for each in charger.received}


@pytest.mark.parametrize("log", ["SecurityLog", "DataCollectorLog"])
async def test_other_logs_are_sent(site: Site, version: Version, log: str) -> None:
    """That of security, and of 2.1's data collector; what a version does not have is not asked for."""
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(checks_itself=False, answers={"GetLog": "Accepted"})
    if log == "DataCollectorLog" and version is not Version.V21:
        assert '"Log"' in str(await refused(act(site, "upload_diagnostics", log_type=log), "unknown_to_version"))
        return
    assert (await act(site, "upload_diagnostics", log_type=log))["status"] == "Accepted"
    assert (await charger.wait_for("GetLog"))["logType"] == log


async def test_what_was_logged_is_sent(site: Site, version: Version) -> None:
    """Under the name that the charger tells."""
    charger = await site.charger(version=version)
    stages = site.history(UPLOAD)
    answer = await act(site, "upload_diagnostics", start_time="2026-03-01T22:00:00Z", stop_time="2026-03-02T22:00:00Z")
    assert answer == {"status": "Accepted", "file_name": "diagnostics.zip" if version is Version.V16 else "log.zip"}
    await site.shows(UPLOAD, "uploaded")
    assert stages == ["uploading", "uploaded"]
    assert charger.complaints == []


@pytest.mark.parametrize("action", ["update_firmware", "upload_diagnostics"])
async def test_a_refusal_of_the_charger_is_an_error(site: Site, version: Version, action: str) -> None:
    """With its word; 1.6 has none but a CALLERROR."""
    word = "NotSupported" if version is Version.V16 else "Rejected"
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers=dict.fromkeys(("UpdateFirmware", "GetDiagnostics", "GetLog"), word))
    assert word in str(await refused(act(site, action), "command_refused"))


async def tell(charger: SimulatedCharger, word: str) -> None:
    """Have a charger tell something of its security."""
    payload = {"type": word, "timestamp": "2026-03-01T10:00:00Z"}
    if charger.version is Version.V16:
        await charger.send_text(
            f'[2,"1","SecurityEventNotification",{{"type":"{word}","timestamp":"2026-03-01T10:00:00Z"}}]'
        )
        await charger.heartbeat()
    else:
        await charger.call("SecurityEventNotification", payload)


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_what_concerns_security_is_an_event(hass: HomeAssistant, site: Site, version: Version) -> None:
    """Of this charger; what only its vendor knows is `other`."""
    charger = await site.charger(version=version)
    await site.charger("B", version)
    heard = site.news(SECURITY)
    await tell(charger, "TamperDetectionActivated")
    await site.shows(SECURITY, lambda state: state.attributes.get("event_type") == "tamper_detection_activated")
    await tell(charger, "VendorsOwn")
    await site.shows(SECURITY, lambda state: state.attributes.get("event_type") == "other")
    assert [(each["event_type"], each["security_event"]) for each in heard] == [
        ("tamper_detection_activated", "TamperDetectionActivated"),
        ("other", "VendorsOwn"),
    ]
    assert heard[0]["time"] == "2026-03-01T10:00:00+00:00"
    assert site.state("event.b_security_event") == "unknown"
