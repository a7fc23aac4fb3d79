"""The faults of each file in faults/: (line, column, a part of what is told), in the file's order."""

from __future__ import annotations

from pathlib import Path

FAULTS = Path(__file__).parent / "faults"
KINDS = "allowed: mspbots, form, file, command, keyvault, github, http"
ALLOWED_TOP = "allowed: version, tenant, cloud, login, app, secret, deliver"
EXPECTED = {
    "unknown_key": [(5, 3, "unknown key `redirect_urls`, did you mean `redirect_uris`?; allowed: key, name, ")],
    "duplicate_key": [(4, 1, "key `tenant` stands twice (first in line 2)")],
    "tabs": [(4, 1, "a tab; indent with spaces alone"), (7, 1, "a tab; indent with spaces alone")],
    "anchor_and_alias": [(4, 8, "anchors are not allowed"), (5, 9, "aliases are not allowed")],
    "wrong_types": [
        (1, 10, "`version` must be 1"),
        (2, 9, "`tenant` must be text"),
        (4, 8, "`app.key` must be text; put it in quotes"),
        (5, 18, "`app.redirect_uris` must be a list: [one, two]"),
        (6, 9, "`secret` must be a mapping with the keys lifetime, renew_before, retire_after, max_live"),
        (8, 3, "`deliver` must be a list"),
    ],
    "durations": [
        (5, 13, "`secret.lifetime` must be longer than 0d and at most 730d"),
        (6, 17, "must be a duration: a whole number and d, h or m, such as 180d, 12h, 30m or 0d"),
        (7, 17, "must be a duration"),
    ],
    "url_not_https": [
        (5, 10, "`cloud.graph` must be https; http is allowed for localhost"),
        (8, 51, "must be a URL without a user name or password"),
    ],
    "redirect_uris": [
        (6, 7, "wildcard (*)"),
        (7, 7, "fragment (#)"),
        (8, 7, "more than 256 characters"),
        (9, 7, "Entra allows none of ! $ ' ( ) , ;"),
        (10, 7, "must be https"),
    ],
    "lifetime_too_short": [(5, 13, "lifetime must not be below renew_before + retire_after")],
    "same_place_twice": [
        (6, 5, "is the same place as the sink in line 5"),
        (8, 5, "is the same place as the sink in line 7"),
        (9, 5, "has the same name as the sink in line 7; give it another with `name`"),
    ],
    "secret_value": [
        (5, 9, "looks like a client secret"),
        (7, 3, "no config holds a secret"),
        (9, 46, "no config holds a secret"),
        (10, 3, "looks like a client secret"),
    ],
    "app_key_and_name": [(4, 8, "must be 1 to 120 of A-Z a-z 0-9 . _ -"), (5, 9, "at most 120 characters")],
    "many_tenants": [(2, 9, "must name one tenant: its GUID or a domain of it")],
    "variable_not_set": [
        (2, 9, "the variable PROVISION_TEST_TENANT is not set"),
        (4, 8, "write ${NAME} with letters, digits and _"),
        (6, 18, "the variable PROVISION_TEST_FOLDER is not set"),
    ],
    "unknown_kind": [
        (5, 5, f"unknown kind `kubernetes`; {KINDS}"),
        (6, 5, f"unknown kind `mspbot`, did you mean `mspbots`?; {KINDS}"),
        (7, 5, "has no value"),
        (
            7,
            5,
            f"must be a mapping of one key, the kind; {KINDS}; indent its keys",
        ),
    ],
    "choices": [
        (1, 10, "`version` must be 1"),
        (3, 8, "one of global, usgov, usgov-dod, china, sandbox, or a mapping with the keys login, graph, ca, did you"),
        (4, 8, "`login` must be one of auto, cli, environment, workload, managed, device, browser"),
        (5, 27, "`app.consent` must be one of person, admin, or {user: MAILBOX}"),
        (6, 20, "`secret.max_live` must be at least 2"),
        (8, 25, "must be a mail address"),
        (8, 39, "`deliver.mspbots.via` must be one of browser, person"),
        (8, 47, "unknown key `kind`"),
        (9, 38, "`deliver.file.format` must be one of dotenv, json, emailproxy, sasl-xoauth2"),
    ],
    "missing_keys": [
        (1, 1, "`version` is missing"),
        (2, 1, "`key` is missing in `app`"),
        (4, 5, "`path` is missing in `deliver.file`"),
    ],
    "file_account": [
        (5, 11, "needs `account` with format emailproxy, and with no other"),
        (6, 11, "needs `account` with format emailproxy, and with no other"),
    ],
    "commands": [
        (5, 20, "`deliver.command.run` must be a list: [one, two]"),
        (6, 20, "`deliver.command.run` must have at least 1 entries"),
        (7, 39, "must be longer than 0m and at most 30m"),
        (8, 5, "is the same place as the sink in line 7"),
    ],
    "key_vaults": [
        (5, 23, "must be a URL that begins with https://"),
        (5, 56, "must be 1 to 127 of A-Z a-z 0-9 -"),
        (7, 5, "is the same place as the sink in line 6"),
    ],
    "credentials": [
        (5, 62, "must be the NAME of a variable, not its value"),
        (6, 56, "must be {env: NAME}, the name of a variable, or {file: PATH}"),
        (7, 58, "must be a mapping with the keys env, file"),
        (8, 26, "must be OWNER/REPOSITORY"),
        (8, 37, "not begin with a digit nor with GITHUB_"),
    ],
    "services": [
        (5, 5, "`url` is missing in `deliver.form`"),
        (6, 45, "must be the name of a profile"),
        (7, 17, "must be a URL without ? and #"),
        (9, 5, "is the same place as the sink in line 8"),
        (10, 5, "has the same name as the sink in line 8"),
    ],
    "no_value": [(5, 3, "has no value; give it one, or remove it"), (7, 12, "has no value")],
    "syntax": [(5, 13, "not YAML: a `:` is not allowed here")],
    "tag": [(2, 9, "`tenant` must be text"), (2, 9, "tags are not allowed")],
    "two_documents": [(2, 1, "a second document")],
    "empty": [(1, 1, "is empty; must be a mapping, at least with version, tenant, app and deliver")],
    "not_a_mapping": [(1, 1, "must be a mapping, at least with version")],
    "not_utf8": [(2, 13, "is not UTF-8")],
    "many_faults": [
        (2, 9, "must name one tenant"),
        (3, 1, f"unknown key `clowd`, did you mean `cloud`?; {ALLOWED_TOP}"),
        (4, 1, f"unknown key `path`; {ALLOWED_TOP}"),
        (6, 8, "must be 1 to 120 of"),
        (7, 19, "wildcard"),
        (7, 44, "begins with https://"),
        (8, 17, "such as SMTP.Send"),
        (10, 13, "renew_before + retire_after"),
        (11, 13, "`secret.max_live` must be a whole number"),
        (13, 25, "unknown key `mode`; allowed: path, name, format, account"),
        (14, 5, "is the same place as the sink in line 13"),
        (15, 5, "unknown kind `comand`"),
    ],
}
