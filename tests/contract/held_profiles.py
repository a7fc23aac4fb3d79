"""Services of shipped profiles, each behind a site that follows its source."""

from __future__ import annotations

from provision.sinks.credential import Credential
from provision.sinks.http import HttpSink
from provision.sinks.profile_reading import load
from tests import profile_sites
from tests.contract.held_services import HeldByService


async def signs_in_again(*_, **__):
    return True


class HeldByProfile(HeldByService):
    clearable, piles = False, True
    name = credential = user = ""
    asked = None

    @classmethod
    def made(cls, url, ca, limit_s, *, interactive):
        profile = load(cls.name).at(url, cls.asked or {})
        credential = Credential("T", None, {"T": cls.credential})
        return HttpSink(
            "abc123", "http:x", profile, profile.http, url=url, credential=credential, user=cls.user, asked=cls.asked,
            ca=ca, limit_s=limit_s, interactive=interactive, announce=print, show=signs_in_again,
        )  # fmt: skip

    def args(self):
        return {**super().args(), "interactive": self.needs_person and self.how != "nobody came"}

    def value(self):
        return self.site.held

    def kept(self):
        return list(self.site.written)


class HeldByThingsBoard(HeldByProfile):
    needs_person, behind = True, profile_sites.ThingsBoardSite
    failures = (*HeldByService.failures, "nobody came")
    name, credential = "thingsboard", profile_sites.THINGSBOARD_TOKEN


class HeldByNextcloud(HeldByProfile):
    settings, behind = ("client_id",), profile_sites.NextcloudSite
    name, (user, credential) = "nextcloud-mail", profile_sites.NEXTCLOUD


class HeldByFrappe(HeldByProfile):
    behind = profile_sites.FrappeSite
    name, credential, asked = "frappe", profile_sites.FRAPPE, {"document": "Mail App"}


PROFILES = {
    "http, ThingsBoard": HeldByThingsBoard,
    "http, Nextcloud Mail": HeldByNextcloud,
    "http, Frappe": HeldByFrappe,
}
