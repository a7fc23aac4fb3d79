"""The whole error tree: each error says its cause, what to do next, and the exit code it ends with.

ProvisionError                 1
  ConfigError                 64   every fault of a file, each with its place
  UsageError                  64   an option is missing or contradicts another
  SecretIdError                1   a secret's id was given where its value belongs
  SignInError                  1   no login worked (not signed in, wrong tenant, secret of the login expired)
  ForbiddenError               1   403: the signed-in identity lacks a role
  PolicyError                  1   a tenant policy forbids secrets or caps their lifetime
  ThrottledError               1   429 for longer than our patience
  UnreachableError             1   no network, name not found, connection refused or cut
  UntrustedError               1   the TLS certificate is not trusted
  ClockError                   1   the local clock is off
  DirectoryError               1   anything else that Graph or the token endpoint refused
    NotFoundError              1   404 (absent, or not replicated yet)
    ConflictError              1   409: somebody else is changing the same object
      NameTakenError           1   the uniqueName is held by a deleted app that we may not restore
    LostAnswerError            1   sent, but the answer never came: the effect may have happened
  SecretNotAcceptedError       1   a fresh secret was not accepted within 120 s
  GuardError                   1   the plan refused itself
  SinkError                    1   a sink could not be delivered to
    PageChangedError           1   a page is not what the profile says
    BrowserMissingError        1   no browser to drive
    NotWritableError           1   the file cannot be written
    ServiceError               1   a service that is delivered to refused, or did not answer
  MailError                    1   Exchange refused to send, or to open the mailbox
  PersonNeededError            3   somebody has to sign in or accept
  JournalError                 1   the journal that was asked for cannot be written
  StoppedError               130   SIGINT ended the run between two effects; 143 after SIGTERM
"""

from __future__ import annotations

import signal
from dataclasses import dataclass


class ProvisionError(Exception):
    """Base of all: `message` is the cause, `hint` what to do, `request_id` what Microsoft's support asks for."""

    code = "failed"
    exit_code = 1
    default_hint = "Run again with -v, and send the request id along if you ask for help."

    def __init__(
        self, message: str, *, hint: str | None = None, request_id: str | None = None, where: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint
        self.request_id = request_id
        self.where = where

    def as_dict(self) -> dict[str, str | None]:
        """The stable JSON form: {code, message, hint, request_id, where}."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "request_id": self.request_id,
            "where": self.where,
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a config: line and column count from 1; `text` says what is wrong and what is allowed."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class ConfigError(ProvisionError):
    """A config file with faults, all of them."""

    code = "config"
    exit_code = 64
    default_hint = "Nothing was sent. Correct the lines above; `provision schema` prints every key."

    def __init__(self, faults: tuple[Fault, ...], *, hint: str | None = None) -> None:
        where = str(faults[0]).split(": ", 1)[0] if faults else None
        super().__init__("\n".join(map(str, faults)), hint=hint, where=where)
        self.faults = faults


class UsageError(ProvisionError):
    """An option is missing or contradicts another."""

    code = "usage"
    exit_code = 64
    default_hint = "`provision --help` lists the options."


class SecretIdError(ProvisionError):
    """A secret's id was given where its value belongs: a client secret is never a GUID."""

    code = "secret-id"
    default_hint = (
        "That is the Secret ID, not the Value. Entra shows the Value once, when a secret is made: make another "
        "(az ad app credential reset --id APP_ID --append), and give its Value."
    )


class SignInError(ProvisionError):
    """No login worked."""

    code = "sign-in"
    default_hint = "Sign in (`az login --tenant TENANT`), or set `login:` to one that works here."


class ForbiddenError(ProvisionError):
    """403: the identity lacks a role."""

    code = "forbidden"
    default_hint = "Ask for the role Cloud Application Administrator, or for Application.ReadWrite.OwnedBy on the app."


class PolicyError(ProvisionError):
    """A tenant policy forbids secrets or caps their lifetime."""

    code = "policy"
    default_hint = "Shorten secret.lifetime, or ask for an exemption in Entra > Application policies."


class ThrottledError(ProvisionError):
    """429 for longer than our patience."""

    code = "throttled"
    default_hint = "Nothing is lost: run again in a few minutes."


class UnreachableError(ProvisionError):
    """No network."""

    code = "unreachable"
    default_hint = "Check the network, and HTTPS_PROXY and NO_PROXY if a proxy stands between."


class UntrustedError(ProvisionError):
    """The certificate is not trusted."""

    code = "untrusted"
    default_hint = (
        "Point SSL_CERT_FILE and REQUESTS_CA_BUNDLE at the CA of your proxy, or `cloud.ca` for your own cloud."
    )


class ClockError(ProvisionError):
    """The local clock is off."""

    code = "clock"
    default_hint = "Set the clock (`timedatectl set-ntp true`) and run again."


class DirectoryError(ProvisionError):
    """Graph or the token endpoint refused; `status` and `graph_code` are theirs."""

    code = "directory"

    def __init__(  # noqa: PLR0913 - what Graph tells of an error
        self,
        message: str,
        *,
        status: int = 0,
        graph_code: str = "",
        hint: str | None = None,
        request_id: str | None = None,
        where: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, request_id=request_id, where=where)
        self.status = status
        self.graph_code = graph_code


class NotFoundError(DirectoryError):
    """404: absent, or not replicated yet."""

    code = "not-found"
    default_hint = "If it was made a moment ago, run again: the directory replicates within minutes."


class ConflictError(DirectoryError):
    """409: somebody else is changing the same object."""

    code = "conflict"
    default_hint = "Somebody else is changing the same app. Run again."


class NameTakenError(ConflictError):
    """The uniqueName is held by a deleted app that cannot be restored by us."""

    code = "name-taken"
    default_hint = "Restore it in Entra > App registrations > Deleted applications, or choose another app.key."


class LostAnswerError(DirectoryError):
    """Sent, but the answer never came: the effect may have happened."""

    code = "lost-answer"
    default_hint = "Run again: what was left behind is recognised by its label."


class SecretNotAcceptedError(ProvisionError):
    """A fresh secret was not accepted in time."""

    code = "secret-not-accepted"
    default_hint = "The old secret is untouched. Run again; the new one that nobody holds is removed."


class GuardError(ProvisionError):
    """The plan refused itself."""

    code = "guard"
    default_hint = "Nothing was changed."


class SinkError(ProvisionError):
    """A sink could not be delivered to."""

    code = "sink"
    default_hint = "The old secret is untouched and works on. Run again when the sink is back."


class PageChangedError(SinkError):
    """A page is not what the profile says."""

    code = "page-changed"
    default_hint = "Set `via: person` for this sink to enter the values by hand."


class BrowserMissingError(SinkError):
    """No browser to drive."""

    code = "browser-missing"
    default_hint = "Install Chromium (apt-get install chromium), or set `via: person`."


class NotWritableError(SinkError):
    """The file cannot be written."""

    code = "not-writable"
    default_hint = "Give this user the right to write the folder, or choose another path."


class ServiceError(SinkError):
    """A service that is delivered to refused, or did not answer.

    `status` and `service_code` are its own; `lost`: it may have been done all the same."""

    code = "service"

    def __init__(  # noqa: PLR0913 - what a service tells of a refusal
        self,
        message: str,
        *,
        status: int = 0,
        service_code: str = "",
        lost: bool = False,
        hint: str | None = None,
        request_id: str | None = None,
        where: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, request_id=request_id, where=where)
        self.status, self.service_code, self.lost = status, service_code, lost


class MailError(ProvisionError):
    """Exchange refused to send, or to open the mailbox.

    `reply` is the server's own line, for explain.py alone: it is not shown."""

    code = "mail"
    default_hint = "`provision explain` has the cause of the line that Exchange answers with."

    def __init__(self, message: str, *, reply: str = "", **more: str | None) -> None:
        super().__init__(message, **more)
        self.reply = reply


class PersonNeededError(ProvisionError):
    """Somebody has to sign in or accept."""

    code = "person-needed"
    exit_code = 3
    default_hint = "Run `provision apply` on a machine with a screen, or open the hand-off page."


class JournalError(ProvisionError):
    """The journal that was asked for cannot be written. Raised before an effect, never after one."""

    code = "journal"
    default_hint = "Nothing more was changed. Give --journal a path that this user may write."


class StoppedError(ProvisionError):
    """A signal ended the run between two effects. Exit code 128 + its number: 130 SIGINT, 143 SIGTERM."""

    code = "stopped"
    exit_code = 128 + signal.SIGINT
    default_hint = "Run it again at any time: it goes on from here."

    def __init__(self, message: str, *, number: int = signal.SIGINT, **more: str | None) -> None:
        super().__init__(message, **more)
        self.number = number
        self.exit_code = 128 + number
