"""The kinds of places below `deliver`: the keys of each, and what makes two of them the same place.

Imported by config.py and config_model.py alone.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from provision.config_values import (
    ActionsSecret,
    Argv,
    Mailbox,
    Profile,
    Repository,
    SinkName,
    Text,
    TimeLimit,
    Url,
    VariableName,
    VaultSecret,
    fault,
)

MSPBOTS_URL = "https://app.mspbots.ai"
GITHUB_API = "https://api.github.com"


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def sink_name(data: dict[str, Any]) -> str:
    """How reports call a sink that has no `name`: its kind, and the place."""
    kind = str(data["kind"])
    return f"{kind}:{KINDS[kind].called(data)}"


class MspbotsSink(Model):
    """MSPbots, Settings > System > Outgoing Mail."""

    kind: Literal["mspbots"] = "mspbots"
    url: Url = Field(default=MSPBOTS_URL, description="Where MSPbots answers.")
    name: SinkName = Field(default_factory=sink_name, description="How reports call it; default mspbots:HOST.")
    username: Mailbox = Field(description="The mailbox that mail is sent from.")
    reply_to: Literal[""] | Mailbox = Field(default="", description="Where replies go; empty: to the mailbox.")
    signature: str = Field(default="", max_length=1000, description="The name that mail is signed with.")
    via: Literal["browser", "person"] = Field(
        default="browser", description="browser: filled in a real browser. person: a page to copy the values from."
    )
    profile: Profile = Field(default="mspbots", description="Which application's form it is.")
    tenant: Text | None = Field(
        default=None, description="The application's own tenant, as its pages name it; in another, the browser stops."
    )
    browser: Text | None = Field(default=None, description="The browser's executable; default: the one that is found.")
    user_data: Text | None = Field(default=None, description="Folder that keeps the browser's session.")

    @staticmethod
    def called(data: dict[str, Any]) -> str:
        return urlsplit(data.get("url", MSPBOTS_URL)).hostname or ""

    @staticmethod
    def place(data: dict[str, Any]) -> tuple[Any, ...]:
        return data.get("url", MSPBOTS_URL), data.get("username")


class FormSink(MspbotsSink):
    """The settings form of another application, by its profile."""

    kind: Literal["form"] = "form"  # type: ignore[assignment]
    url: Url = Field(description="Where the application answers.")
    profile: Profile = Field(description="Which application it is: `provision profile list`.")
    name: SinkName = Field(default_factory=sink_name, description="How reports call it; default form:HOST.")
    via: Literal["browser", "person"] = Field(
        default="person", description="person: a page to copy the values from. browser: filled in a real browser."
    )


class FileSink(Model):
    """A file that nobody else can read."""

    kind: Literal["file"] = "file"
    path: Text = Field(description="The file.")
    name: SinkName = Field(default_factory=sink_name, description="How reports call it; default file:PATH.")
    format: Literal["dotenv", "json", "emailproxy", "sasl-xoauth2"] = Field(
        default="dotenv", description="How it is written."
    )
    account: Mailbox | None = Field(default=None, description="With format emailproxy: the account in that file.")

    @model_validator(mode="after")
    def _about_an_account(self) -> Self:
        if (self.format == "emailproxy") != (self.account is not None):
            raise fault("needs `account` with format emailproxy, and with no other")
        return self

    @staticmethod
    def called(data: dict[str, Any]) -> str:
        return str(data.get("path", ""))

    @staticmethod
    def place(data: dict[str, Any]) -> tuple[Any, ...]:
        path = data.get("path")
        return os.path.normpath(path) if isinstance(path, str) else None, data.get("account", "-")


class CommandSink(Model):
    """A command of yours, which gets the secret on its standard input."""

    kind: Literal["command"] = "command"
    run: Argv = Field(description="The program and its arguments; no shell stands between.")
    name: SinkName = Field(default_factory=sink_name, description="How reports call it; default command:PROGRAM.")
    format: Literal["json", "dotenv"] = Field(default="json", description="What it reads on its standard input.")
    readback: Argv | None = Field(
        default=None, description="A command that prints the key id that is held, or nothing."
    )
    clear: Argv | None = Field(default=None, description="A command that takes out what was delivered.")
    time_limit: TimeLimit = Field(
        default=timedelta(minutes=1),
        description="How long each of them may take; at most 30m.",
        json_schema_extra={"default": "1m"},
    )

    @staticmethod
    def called(data: dict[str, Any]) -> str:
        return re.sub(r"[^A-Za-z0-9._-]", "-", os.path.basename(str(data.get("run", ("",))[0])))  # noqa: PTH119

    @staticmethod
    def place(data: dict[str, Any]) -> tuple[Any, ...]:
        run = data.get("run")
        return run if isinstance(run, tuple) else (None,)


class Credential(Model):
    """Where the token or password for a service is. It never stands in a config."""

    env: VariableName | None = Field(default=None, description="The NAME of the environment variable that has it.")
    file: Text | None = Field(default=None, description="The file that has it, on one line.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise fault("must be {env: NAME}, the name of a variable, or {file: PATH}")
        return self


class KeyVaultSink(Model):
    """A secret in Azure Key Vault."""

    kind: Literal["keyvault"] = "keyvault"
    vault: Url = Field(description="The vault: https://NAME.vault.azure.net, or its name in another cloud.")
    secret: VaultSecret = Field(description="The name of the secret in it.")
    name: SinkName = Field(default_factory=sink_name, description="How reports call it; default keyvault:VAULT/SECRET.")

    @staticmethod
    def called(data: dict[str, Any]) -> str:
        vault = (urlsplit(data.get("vault", "")).hostname or "").partition(".")[0]
        return f"{vault}/{data.get('secret', '')}"

    @staticmethod
    def place(data: dict[str, Any]) -> tuple[Any, ...]:
        return data.get("vault"), data.get("secret")


class GitHubSink(Model):
    """A secret of GitHub Actions."""

    kind: Literal["github"] = "github"
    repository: Repository = Field(description="OWNER/REPOSITORY.")
    secret: ActionsSecret = Field(description="The name of the secret in it.")
    environment: Text | None = Field(default=None, description="The environment that has it; left out: the repository.")
    credential: Credential = Field(
        default=Credential(env="GITHUB_TOKEN"),
        description="A token that may write it.",
        json_schema_extra={"default": {"env": "GITHUB_TOKEN"}},
    )
    api: Url = Field(default=GITHUB_API, description="Where GitHub's REST API answers.")
    ca: Text | None = Field(default=None, description="File with the CA certificates to trust besides the public ones.")
    name: SinkName = Field(default_factory=sink_name, description="How reports call it; default github:OWNER/…/SECRET.")

    @staticmethod
    def called(data: dict[str, Any]) -> str:
        return f"{data.get('repository', '')}/{data.get('secret', '')}"

    @staticmethod
    def place(data: dict[str, Any]) -> tuple[Any, ...]:
        return data.get("repository"), data.get("environment", "-"), data.get("secret"), data.get("api", GITHUB_API)


class HttpSink(Model):
    """A service that is written to over REST, by its profile."""

    kind: Literal["http"] = "http"
    url: Url = Field(description="Where the service answers.")
    profile: Profile = Field(description="Which service it is: `provision profile list`.")
    credential: Credential | None = Field(default=None, description="What it is signed in to with.")
    user: Text | None = Field(default=None, description="Whose password the credential is, where the profile asks.")
    values: dict[str, Text] = Field(default={}, description="What else the profile asks for, by name.")
    ca: Text | None = Field(default=None, description="File with the CA certificates to trust besides the public ones.")
    name: SinkName = Field(default_factory=sink_name, description="How reports call it; default http:HOST.")

    @staticmethod
    def called(data: dict[str, Any]) -> str:
        return urlsplit(data.get("url", "")).hostname or ""

    @staticmethod
    def place(data: dict[str, Any]) -> tuple[Any, ...]:
        values = data.get("values")
        told = [f"{key}={value}" for key, value in sorted(values.items())] if isinstance(values, dict) else []
        return data.get("url"), data.get("profile"), *told


Sink = MspbotsSink | FormSink | FileSink | CommandSink | KeyVaultSink | GitHubSink | HttpSink
KINDS: dict[str, Any] = {
    "mspbots": MspbotsSink,
    "form": FormSink,
    "file": FileSink,
    "command": CommandSink,
    "keyvault": KeyVaultSink,
    "github": GitHubSink,
    "http": HttpSink,
}
