"""A tenant with mail for each module that asks for one, its switches as they are made for each test; and a tenant of
Graph alone for each test."""

from __future__ import annotations

import pytest

from tests.mail import REPORTS, Office
from tests.sandbox.graph_tenant import Tenant


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("office") / "sandbox")
    yield made
    made.end()


@pytest.fixture(scope="module")
def token(office):
    """May send and read, as reports@contoso.com."""
    return office.token()


@pytest.fixture
def switch(office):
    """switch(**body) for one test: /mailbox of the control port, set back afterwards."""
    yield lambda **body: office.control("mailbox", **body)
    office.control("mailbox", smtp_auth_disabled=False, basic_auth="disabled")
    as_made = {"smtp_auth_disabled": None, "imap_enabled": True, "licensed": True, "full_access": [], "send_as": []}
    office.control("mailbox", address=REPORTS, **as_made)


@pytest.fixture
def tenant(tmp_path):
    made = Tenant(tmp_path)
    yield made
    made.world.close()
