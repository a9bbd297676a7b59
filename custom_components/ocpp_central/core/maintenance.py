"""How far a charger has come with what takes it a while: a new firmware, or sending what it has logged.

Must not know how the stages are spelled, nor who asked for it.
"""

from enum import StrEnum
from typing import Final


class FirmwareStage(StrEnum):
    """How far a new firmware has come."""

    IDLE = "idle"
    DOWNLOAD_SCHEDULED = "download_scheduled"
    DOWNLOADING = "downloading"
    DOWNLOAD_PAUSED = "download_paused"
    DOWNLOADED = "downloaded"
    DOWNLOAD_FAILED = "download_failed"
    SIGNATURE_VERIFIED = "signature_verified"
    INVALID_SIGNATURE = "invalid_signature"
    INSTALL_SCHEDULED = "install_scheduled"
    INSTALLING = "installing"
    INSTALL_REBOOTING = "install_rebooting"
    INSTALL_VERIFICATION_FAILED = "install_verification_failed"
    INSTALLATION_FAILED = "installation_failed"
    INSTALLED = "installed"


_UNDER_WAY: Final = frozenset(
    {
        FirmwareStage.DOWNLOADING,
        FirmwareStage.DOWNLOADED,
        FirmwareStage.SIGNATURE_VERIFIED,
        FirmwareStage.INSTALL_SCHEDULED,
        FirmwareStage.INSTALLING,
        FirmwareStage.INSTALL_REBOOTING,
    }
)


def after_boot(stage: FirmwareStage | None, *, is_new: bool) -> FirmwareStage | None:
    """How far it has come once the charger has booted, with a new firmware or not: many say no more of one that is installed."""
    return FirmwareStage.INSTALLED if is_new and stage in _UNDER_WAY else stage


class UploadStage(StrEnum):
    """How far the upload of what a charger has logged has come."""

    IDLE = "idle"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    UPLOAD_FAILED = "upload_failed"
    BAD_MESSAGE = "bad_message"
    NOT_SUPPORTED = "not_supported"
    PERMISSION_DENIED = "permission_denied"
    CANCELED = "canceled"


_FAILED: Final = frozenset(
    {
        FirmwareStage.DOWNLOAD_FAILED,
        FirmwareStage.INVALID_SIGNATURE,
        FirmwareStage.INSTALL_VERIFICATION_FAILED,
        FirmwareStage.INSTALLATION_FAILED,
        UploadStage.UPLOAD_FAILED,
        UploadStage.BAD_MESSAGE,
        UploadStage.NOT_SUPPORTED,
        UploadStage.PERMISSION_DENIED,
    }
)


def has_failed(stage: FirmwareStage | UploadStage) -> bool:
    """Whether that is the end of it, and not the one that was wanted."""
    return stage in _FAILED


class SecurityKind(StrEnum):
    """What a charger tells of its security (OCPP 2.x part 2 appendix 1; 1.6 security whitepaper)."""

    ATTEMPTED_REPLAY_ATTACKS = "attempted_replay_attacks"
    CENTRAL_SYSTEM_FAILED_TO_AUTHENTICATE = "central_system_failed_to_authenticate"
    FAILED_TO_AUTHENTICATE_AT_CENTRAL_SYSTEM = "failed_to_authenticate_at_central_system"
    FIRMWARE_UPDATED = "firmware_updated"
    INVALID_CENTRAL_SYSTEM_CERTIFICATE = "invalid_central_system_certificate"
    INVALID_CHARGER_CERTIFICATE = "invalid_charger_certificate"
    INVALID_FIRMWARE_SIGNATURE = "invalid_firmware_signature"
    INVALID_FIRMWARE_SIGNING_CERTIFICATE = "invalid_firmware_signing_certificate"
    INVALID_MESSAGES = "invalid_messages"
    INVALID_TLS_CIPHER_SUITE = "invalid_tls_cipher_suite"
    INVALID_TLS_VERSION = "invalid_tls_version"
    MAINTENANCE_LOGIN_ACCEPTED = "maintenance_login_accepted"
    MAINTENANCE_LOGIN_FAILED = "maintenance_login_failed"
    MEMORY_EXHAUSTION = "memory_exhaustion"
    RECONFIGURATION_OF_SECURITY_PARAMETERS = "reconfiguration_of_security_parameters"
    RESET_OR_REBOOT = "reset_or_reboot"
    SECURITY_LOG_WAS_CLEARED = "security_log_was_cleared"
    SETTING_SYSTEM_TIME = "setting_system_time"
    STARTUP_OF_THE_DEVICE = "startup_of_the_device"
    TAMPER_DETECTION_ACTIVATED = "tamper_detection_activated"
    OTHER = "other"
    """What only its vendor defines."""
