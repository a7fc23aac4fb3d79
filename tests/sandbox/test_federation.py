"""Sign-in with another issuer's token: the token endpoint's answers, and azure-identity as an independent client."""

from __future__ import annotations

import ssl

import httpx
import pytest
from azure.identity import WorkloadIdentityCredential

from provision.sandbox.server import start_embedded
from tests.federation import Issuer

SUBJECT = "repo:contoso/mail:environment:mail"


class Tenant:
    def __init__(self, folder):
        self.folder = folder
        self.info, self.stop = start_embedded(folder / "sandbox")
        self.issuer = Issuer("https://token.actions.githubusercontent.com")

    def sign_in(self, token, kind="urn:ietf:params:oauth:client-assertion-type:jwt-bearer"):
        """(HTTP status, AADSTS number or None)"""
        form = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
        form |= {"client_id": self.info["operator"]["client_id"], "client_assertion": token}
        url = f"{self.info['login']}/{self.info['tenant']['id']}/oauth2/v2.0/token"
        with httpx.Client(verify=ssl.create_default_context(cafile=self.info["ca"]), trust_env=False) as client:
            answer = client.post(url, data=form | {"client_assertion_type": kind})
        return answer.status_code, next(iter(answer.json().get("error_codes", [])), None)


@pytest.fixture(scope="module")
def untrusting(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("untrusting"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def tenant(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("tenant"))
    made.issuer.trusted_by(made.info, SUBJECT)
    yield made
    made.stop()


def test_a_token_of_a_trusted_issuer_signs_in(tenant):
    assert tenant.sign_in(tenant.issuer.token(SUBJECT)) == (200, None)


def test_an_app_without_federated_credentials_takes_no_token(untrusting):
    assert untrusting.sign_in(untrusting.issuer.token(SUBJECT)) == (401, 70025)


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"issuer": "https://gitlab.example"}, 700211),
        ({"audience": "https://github.com/contoso"}, 700212),
        ({"subject": "repo:contoso/mail:environment:other"}, 700213),
        ({"subject": "repo:Contoso/mail:environment:mail"}, 7002138),
        ({"since": -3600}, 700024),
        ({"since": 3600}, 700024),
    ],
    ids=["issuer", "audience", "subject", "case of the subject", "ended", "not begun"],
)
def test_a_token_that_does_not_fit_is_refused_by_its_own_number(tenant, claims, number):
    subject = claims.pop("subject", SUBJECT)
    assert tenant.sign_in(tenant.issuer.token(subject, **claims)) == (401, number)


def test_a_token_that_another_key_signed_is_refused(tenant):
    forged = Issuer(tenant.issuer.address).token(SUBJECT)
    assert tenant.sign_in(forged) == (401, 700027)


def test_what_is_no_token_is_malformed(tenant):
    assert tenant.sign_in("not-a-token") == (400, 50027)


def test_an_assertion_of_another_type_counts_as_none(tenant):
    assert tenant.sign_in(tenant.issuer.token(SUBJECT), kind="saml") == (401, 7000218)


def test_azure_identity_signs_in_with_the_token_of_a_file(tenant, tmp_path):
    file = tmp_path / "token"
    file.write_text(tenant.issuer.token(SUBJECT))
    with WorkloadIdentityCredential(
        tenant_id=tenant.info["tenant"]["id"],
        client_id=tenant.info["operator"]["client_id"],
        token_file_path=str(file),
        authority=tenant.info["login"],
        disable_instance_discovery=True,
        connection_verify=tenant.info["ca"],
        use_env_settings=False,
    ) as credential:
        assert credential.get_token("https://graph.microsoft.com/.default").token.count(".") == 2
