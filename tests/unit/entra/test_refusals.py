"""What Graph refuses becomes one error of ours, and quotes no answer."""

from __future__ import annotations

import ssl

import httpx
import pytest

from provision import errors
from tests.unit.entra.world import RID, VALUE, add, delete, find, graph_error, remove, shown, upsert

CASES = [
    (401, "InvalidAuthenticationToken", "", delete, errors.SignInError, "the token is not accepted"),
    (403, "Authorization_RequestDenied", "", delete, errors.ForbiddenError, "lacks a right"),
    (404, "Request_ResourceNotFound", "", delete, errors.NotFoundError, "HTTP 404 Request_ResourceNotFound"),
    (409, "Request_MultipleObjectsWithSameKeyValue", "", delete, errors.ConflictError, "HTTP 409"),
    (
        400,
        "Request_BadRequest",
        "Another object with the same value for property uniqueName already exists.",
        upsert,
        errors.NameTakenError,
        "the uniqueName is held by another app",
    ),
    (400, "CredentialTypeNotAllowedAsPerAppPolicy", "", add, errors.PolicyError, "forbids client secrets"),
    (400, "CredentialInvalidLifetimeAsPerAppPolicy", "", add, errors.PolicyError, "caps the lifetime"),
    (429, "TooManyRequests", "", delete, errors.ThrottledError, "longer than our patience"),
    (400, "Request_BadRequest", "", delete, errors.DirectoryError, "HTTP 400 Request_BadRequest"),
    (500, "", "", delete, errors.DirectoryError, "HTTP 500"),
    (409, "Directory_ConcurrencyViolation", "", remove, errors.ConflictError, "Directory_ConcurrencyViolation"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}-{c[1]}")
def test_each_refusal_is_one_error_with_its_request_id_and_no_answer(world, case):
    status, code, message, call, kind, text = case
    error, _, _ = world([graph_error(status, code, message)], call)
    assert type(error) is kind
    assert text in str(error)
    assert error.request_id == RID
    assert error.hint
    assert VALUE not in shown(error)


def test_a_front_end_that_answers_no_json_is_an_error_with_the_header_id(world):
    error, _, _ = world([httpx.Response(500, text=f"<html>{VALUE}", headers={"request-id": RID})], find)
    assert type(error) is errors.DirectoryError
    assert error.request_id == RID
    assert VALUE not in shown(error)


@pytest.mark.parametrize(
    ("openssl", "said", "to_do"),
    [
        ("unable to get local issuer certificate", "is not trusted", "SSL_CERT_FILE"),
        ("self-signed certificate", "is not trusted", "SSL_CERT_FILE"),
        ("certificate has expired", "has expired, or this machine's clock is ahead", "timedatectl"),
        ("certificate is not yet valid", "is not valid yet, or this machine's clock is behind", "timedatectl"),
        ("Hostname mismatch, certificate is not valid for 'h'.", "is for another host", "cloud:"),
    ],
)
def test_a_certificate_that_does_not_verify_is_not_tried_again(world, openssl, said, to_do):
    cut = httpx.ConnectError("x")
    cut.__cause__ = ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] verify failed: {openssl}")
    error, seen, _ = world([cut], find)
    assert type(error) is errors.UntrustedError
    assert str(error) == f"the TLS certificate of graph.microsoft.com {said}"
    assert to_do in error.hint
    assert len(seen) == 1


def test_a_host_that_is_not_there_is_unreachable(world):
    error, _, _ = world([httpx.ConnectError("x")], find)
    assert type(error) is errors.UnreachableError
