"""The documented answers of tests/cases, for the tests that have our client read them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.unit.entra.world import TENANT

CASES = [json.loads(path.read_text()) for path in sorted(Path(__file__).parents[2].joinpath("cases").glob("*.json"))]


def of(*hosts):
    """The cases of these hosts. What is of no host of theirs is of Graph, so that none is left out."""
    known = {"login.microsoftonline.com", "smtp.office365.com", "outlook.office365.com"}
    found = [(urlsplit(case["request"]["url"]).hostname, case) for case in CASES]
    return [case for host, case in found if (host if host in known else "graph.microsoft.com") in hosts]


def response(case):
    told, headers = case["response"], {k: v for k, v in case["response"]["headers"].items() if k != "Content-Length"}
    text = json.dumps(told["body"]).replace("{tenant}", TENANT) if told["body"] is not None else ""
    return httpx.Response(told["status"], headers=headers, content=text.encode())


def matched(table, text):
    return next((why for pattern, why in table if re.fullmatch(pattern, text)), None)
