"""A real tenant as a place of the contract: each answer is compared with the sandbox's, and all is taken back."""

from __future__ import annotations

import os
import secrets

from provision.entra import answers
from provision.entra.graph import GraphDirectory
from provision.entra.login import EntraLogin
from provision.wiring import SystemClock
from tests.contract.places import Place
from tests.live.cleaning import Cleaner
from tests.live.mirror import MARK, PREFIX

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The app that a person who used `az login` acts through."""


class TenantPlace(Place):
    patience = 120.0  # a tenant replicates within minutes

    def __init__(self, runner, live):
        self.live, asked, mirror = live, live.asked, live.mirror
        self._client = answers.http_client
        answers.http_client = self._noted
        login = EntraLogin(asked.login, asked.cloud, asked.tenant, SystemClock())
        directory = GraphDirectory(login, asked.cloud, SystemClock())
        own = os.environ.get("AZURE_CLIENT_ID", AZURE_CLI).lower()
        self.mailbox = asked.mailbox
        super().__init__(runner, directory, login, live.tenant_id, own)
        mirror.knows(live.tenant_id, asked.tenant, asked.mailbox, own)

    def _noted(self, cloud):
        client = self._client(cloud)
        client.event_hooks = {"request": [self.live.mirror.asked], "response": [self.live.mirror.note]}
        return client

    def tags(self, *names):
        return frozenset({MARK, *names})

    def key(self):
        """Of an app that is not there: one that is would be taken over."""
        key = PREFIX + secrets.token_hex(6)
        if self.do(self.directory.find_app(key)) is not None:
            raise AssertionError(f"the tenant has an app {key} already")
        return key

    def clean(self):
        """For good, also what a test has deleted."""
        self.keys.clear()
        cleaner = Cleaner(self.live.asked.cloud, self.do(self.login.get_token(self.live.asked.cloud.scope)))
        try:
            self.live.take_back(cleaner)
        finally:
            cleaner.close()

    def close(self):
        answers.http_client = self._client
        super().close()
