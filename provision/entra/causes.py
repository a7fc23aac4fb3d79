"""What a refused sign-in of ours means, by its AADSTS number (facts: learn.microsoft.com, reference-error-codes).

Those of other people's applications are in explanations.yaml.
"""

from __future__ import annotations

from provision import errors

WRONG_SECRET = 7000215
NOT_YET = {WRONG_SECRET, 7000222, 700016, 7000229}
"""Wrong secret, expired secret, app unknown, no service principal: each also said of what is too new."""
AWAY = (90006, 90024, 90033, 50033)
NO_SUCH_TENANT = {90002, 90038, 900432, 900023}
_WRONG_TENANT = "Check `tenant:` and `cloud:` in the config."
_UNMATCHED = (
    "the token that this run presents matches no federated credential of the login's app",
    "Compare issuer, subject and audience, and the case of letters: az ad app federated-credential list --id APP_ID",
)
CAUSES: dict[int, tuple[str, str | None]] = {
    90002: ("there is no such tenant in this cloud", _WRONG_TENANT),
    90038: ("the tenant is in another national cloud", "Set `cloud:` to the tenant's own."),
    900432: ("the tenant is in another national cloud", "Set `cloud:` to the tenant's own."),
    900023: ("the tenant is neither a domain name nor a GUID", _WRONG_TENANT),
    700016: ("the login's app is not known in this tenant", _WRONG_TENANT),
    7000215: ("the secret of the login is wrong", "Give the secret's value, not its id, in AZURE_CLIENT_SECRET."),
    7000222: ("the secret of the login has expired", "Make a new one for the login, and set AZURE_CLIENT_SECRET."),
    7000229: ("the login's app has no service principal in this tenant", "Make one: az ad sp create --id APP_ID"),
    7000112: ("the login's app is disabled", None),
    70021: _UNMATCHED,
    70025: ("the login's app has no federated credential", "Add one: docs/how-to/pipelines.md shows the command."),
    700211: _UNMATCHED,
    700212: _UNMATCHED,
    700213: _UNMATCHED,
    7002138: _UNMATCHED,
    50076: ("a second factor is asked for", None),
    50079: ("a second factor has to be set up", None),
    53003: ("Conditional Access blocks the sign-in", "Ask who keeps the Conditional Access policies."),
    70043: ("the session has expired", None),
    700024: (
        "the signed token that this run presents is not valid now: it has ended, or this machine's clock is off",
        "Fetch a fresh one in the step that runs provision; else compare the clock.",
    ),
    700082: ("the session has expired", None),
    90055: ("Entra throttles the tenant", None),
    **dict.fromkeys(AWAY, ("Entra is not available for a moment", "Run again in a few minutes.")),
}
KINDS: dict[int, type[errors.ProvisionError]] = {
    700024: errors.ClockError,
    90055: errors.ThrottledError,
    **dict.fromkeys(AWAY, errors.UnreachableError),
}
