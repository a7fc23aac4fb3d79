"""A command, a vault, GitHub and a service over REST: each with a place behind it that follows its documents."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import trustme

from provision.sinks.command import CommandSink
from provision.sinks.credential import Credential
from provision.sinks.github import GitHubSink
from provision.sinks.http import HttpSink
from provision.sinks.keyvault import KeyVaultSink
from provision.sinks.profile_reading import load
from tests import github_site, settings_site
from tests.contract.held import Held
from tests.github_site import GitHubSite
from tests.settings_site import SettingsSite
from tests.vault_site import TOKEN, VaultSite

SOON_S, PATIENT_S = 3.0, 60.0
"""After so long a sink gives up: on a place that is slow, and on all others, however busy the machine."""
STORE = """
import json, os, signal, sys, time
held, how = "held/mail", open("files/how").read()
told = json.load(sys.stdin)
if how == "slow":
    time.sleep(600)
if how in ("refused", "wrong credentials"):
    sys.exit(f"{how}: " + told["client_secret"])
with open(f"held/.{os.getpid()}", "w") as file:
    json.dump(told, file)
os.replace(f"held/.{os.getpid()}", held)
with open("files/got", "a") as file:
    print(json.dumps(told["client_secret"]), file=file)
if how == "answer lost":
    os.kill(os.getpid(), signal.SIGKILL)
"""
HELD = (
    "import json, os; t = json.load(open('held/mail')) if os.path.exists('held/mail') else {}; "
    "print(t.get('key_id', ''), t.get('settings', ''))"
)
CLEAR = "import os; os.path.exists('held/mail') and os.remove('held/mail')"


class HeldByCommand(Held):
    readable = clearable = loses_answers = slow = killable = piles = True
    failures = ("refused", "wrong credentials", "full disk", "permission denied", "not there")

    def __init__(self, folder, files):
        super().__init__(folder, files)
        (files / "store").write_text(f"#!{sys.executable}{STORE}")
        self.mends()

    @staticmethod
    def made(folder, limit_s):
        return CommandSink(
            "abc123", "command:store", ["files/store"], readback=[sys.executable, "-c", HELD],
            clear=[sys.executable, "-c", CLEAR], folder=Path(folder), environment=dict(os.environ), limit_s=limit_s,
        )  # fmt: skip

    def args(self):
        return {"folder": str(self.folder.parent), "limit_s": SOON_S if self.how == "slow" else PATIENT_S}

    def value(self):
        path = self.folder / "mail"
        return json.loads(path.read_text())["client_secret"] if path.exists() else None

    def kept(self):
        """All that its store ever got."""
        got = self.files / "got"
        return [json.loads(line) for line in got.read_text().splitlines()] if got.exists() else []

    def settle(self):
        """The command outlives who started it."""
        while str(self.folder.parent) in map(_folder, Path("/proc").iterdir()):
            time.sleep(0.05)

    def fails(self, how):
        super().fails(how)
        (self.files / "how").write_text(how)
        (self.files / "store").chmod(0o644 if how == "permission denied" else 0o755)
        if how == "not there":
            (self.files / "store").rename(self.files / "away")
        if how == "full disk":
            (self.files / "store").write_text(f"#!{sys.executable}\nimport resource\n"
                f"resource.setrlimit(resource.RLIMIT_FSIZE, (0, -1)){STORE}")  # fmt: skip

    def mends(self):
        super().mends()
        (self.files / "how").write_text("")
        (self.files / "away").exists() and (self.files / "away").rename(self.files / "store")
        (self.files / "store").write_text(f"#!{sys.executable}{STORE}")
        (self.files / "store").chmod(0o755)


def _folder(process):
    """Where it works, if that can be seen."""
    try:
        return os.readlink(process / "cwd")
    except OSError:
        return ""


class HeldByService(Held):
    """Behind a RestSite."""

    clearable = loses_answers = slow = killable = True
    failures = ("refused", "wrong credentials", "permission denied", "full disk", "throttled", "not there")

    def __init__(self, folder, files):
        authority = trustme.CA()
        self.ca = str(files / "ca.pem")
        authority.cert_pem.write_to_path(self.ca)
        self.site = self.behind(authority)
        super().__init__(folder, files)

    def args(self):
        limit_s = SOON_S if self.how == "slow" else PATIENT_S
        return {
            "url": "https://localhost:1" if self.how == "not there" else self.site.url,
            "ca": self.ca,
            "limit_s": limit_s,
        }

    def fails(self, how):
        super().fails(how)
        self.site.how = how

    def mends(self):
        super().mends()
        self.site.how = None
        self.site.go_on.set()

    def close(self):
        super().close()
        self.site.close()


class HeldByVault(HeldByService):
    readable, retrievable, piles, settings, behind = True, True, True, ("client_id",), VaultSite

    def __init__(self, folder, files):
        super().__init__(folder, files)
        os.environ["HTTPS_PROXY"] = self.proxy = self.site.proxy()

    @staticmethod
    def made(url, ca, limit_s):
        async def token(_scope):
            return TOKEN

        return KeyVaultSink("abc123", "keyvault:x", url, "mail", token=token, ca=ca, limit_s=limit_s)

    def fails(self, how):
        super().fails(how)
        os.environ["HTTPS_PROXY"] = "http://127.0.0.1:1" if how == "not there" else self.proxy

    def mends(self):
        super().mends()
        os.environ["HTTPS_PROXY"] = self.proxy

    def value(self):
        return None if "mail" in self.site.deleted else self.kept()[-1]

    def kept(self):
        return [bundle["value"] for bundle in self.site.versions.get("mail", [])] or [None]

    def close(self):
        super().close()
        os.environ.pop("HTTPS_PROXY", None)


class HeldByGitHub(HeldByService):
    settings, behind = ("client_id",), GitHubSite

    @staticmethod
    def made(url, ca, limit_s):
        credential = Credential("T", None, {"T": github_site.TOKEN})
        return GitHubSink(
            "abc123", "github:x", github_site.REPOSITORY, "MAIL", credential, api=url, ca=ca, limit_s=limit_s
        )

    def value(self):
        return self.site.held.get("MAIL")

    def kept(self):
        """By whatever name."""
        return list(self.site.held.values())


class HeldByHttp(HeldByService):
    readable, piles, settings, behind = True, True, ("client_id", "token_url"), SettingsSite

    def __init__(self, folder, files):
        (files / "service.yaml").write_text(settings_site.PROFILE)
        super().__init__(folder, files)

    @staticmethod
    def made(url, ca, limit_s):
        asked = {"team": "a b"}
        profile = load(Path(ca).with_name("service.yaml")).at(url, asked)
        credential = Credential("T", None, {"T": settings_site.TOKEN})
        return HttpSink(
            "abc123", "http:x", profile, profile.http, url=url, credential=credential, asked=asked, ca=ca,
            limit_s=limit_s, announce=print, show=None,
        )  # fmt: skip

    def value(self):
        return self.site.settings.get("mail", {}).get("secret")

    def kept(self):
        """One a request that wrote."""
        return [one["mail"]["secret"] for one in self.site.written]


SERVICES = {"command": HeldByCommand, "keyvault": HeldByVault, "github": HeldByGitHub, "http": HeldByHttp}
