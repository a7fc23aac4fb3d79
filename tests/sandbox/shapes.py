"""schemathesis over the sandbox's description (docs/reference/sandbox-openapi.json): `make shapes`, or
ARGS="--examples 300 --seed 1".

Each operation is asked with what the description allows, and with what it does not. Until it has succeeded, and four of
five times later, the ids are of objects that exist: what is to be deleted is made first. Told are answers of 5xx, of an
undeclared status, content type, header or shape, and answers without $select that lack a member. Ends with 1 where
there is one.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
import jsonschema_rs
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from provision.sandbox.testing import EntraSandbox
from scripts import openapi
from tests.sandbox.shapes_tenant import Tenant

ORDER = ("POST", "PATCH", "PUT", "GET", "DELETE")
LEFT_OUT = {501}
"""What the description itself says of an operation."""


@dataclass
class Found:
    """`statuses`: by the hundred, for each operation."""

    statuses: Counter = field(default_factory=Counter)
    answered: dict[str, Counter] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def note(self, operation, status):
        self.statuses[status] += 1
        self.answered.setdefault(operation, Counter())[status] += 1

    @property
    def unseen(self):
        """Operations that never succeeded, where the description has a success."""
        return sorted(name for name, seen in self.answered.items() if not any(status < 400 for status in seen))


class Shapes:
    def __init__(self, sandbox, number=1):
        self.document, self.seed, self.found = openapi.document(), number, Found()
        self.tenant = Tenant(sandbox, number)
        self.http = requests.Session()
        self.http.trust_env, self.ca = False, sandbox.ca
        self.bases = {"https://graph.microsoft.com": sandbox.graph, "https://login.microsoftonline.com": sandbox.login}
        self.schema = schemathesis.openapi.from_dict(self.document, config=SchemathesisConfig())
        self._validators = {}

    def close(self):
        self.http.close()

    def run(self, examples, only=""):
        """What is written is read afterwards."""
        operations = [result.ok() for result in self.schema.get_all_operations()]
        for operation in sorted(operations, key=lambda each: ORDER.index(each.method.upper())):
            if only in operation.label:
                self.ask(operation, examples)
        return self.found

    def ask(self, operation, examples):
        refused = max(1, examples // 4)
        for mode, count in ((GenerationMode.POSITIVE, examples - refused), (GenerationMode.NEGATIVE, refused)):
            if mode == GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
                continue
            strategy = operation.as_strategy(generation_mode=mode)

            @seed(self.seed)
            @settings(
                max_examples=max(1, count),
                phases=[Phase.generate],
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=strategy)
            def each(case):
                self.send(case)

            with suppress(Unsatisfiable):  # nothing of it can be wrong
                each()

    def send(self, case):
        item = self.document["paths"][case.path]
        sure = not any(status < 400 for status in self.found.answered.get(case.operation.label, ()))
        self.tenant.fill(case, sure=sure)
        base = self.bases[item["servers"][0]["url"]]
        headers = self.tenant.auth(case, sure=sure)
        response = case.call(
            base_url=base, session=self.http, headers=headers, verify=self.ca, timeout=30, allow_redirects=False
        )
        self.found.note(case.operation.label, response.status_code)
        declared = item[case.method.lower()]["responses"]
        checks = [
            *([] if response.status_code in LEFT_OUT and "501" in declared else [not_a_server_error]),
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
            self.owed,
        ]
        try:
            case.validate_response(response, checks=checks, headers=headers, transport_kwargs={"base_url": base})
        except FailureGroup as group:
            for failure in group.exceptions:
                told = f"{case.operation.label} {response.status_code}: {failure.title}: {failure.message[:400]}"
                self.found.faults.setdefault(told, f"{str(case.body)[:300]} -> {response.text[:500]}")

    def owed(self, _ctx, response, case):
        """Without $select an answer has all members that the documents show."""
        declared = self.document["paths"][case.path][case.method.lower()]["responses"]
        whole = declared.get(str(response.status_code), {}).get("x-without-select")
        if whole is None or "$select" in (case.query or {}):
            return
        name = whole["$ref"]
        if name not in self._validators:
            self._validators[name] = jsonschema_rs.Draft202012Validator(
                {**whole, "components": self.document["components"]}
            )
        errors = [
            f"{each.instance_path}: {each.message}" for each in self._validators[name].iter_errors(response.json())
        ]
        if errors:
            raise Failure(operation=case.operation.label, title="A member is owed", message="; ".join(errors[:3]))


def main():
    parser = argparse.ArgumentParser(prog="shapes")
    parser.add_argument("--examples", type=int, default=200, help="for each operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="operations whose name has this in it")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with (
        tempfile.TemporaryDirectory(prefix="provision-shapes-") as folder,
        EntraSandbox(Path(folder)) as sandbox,
        closing(Shapes(sandbox, options.seed)) as shapes,
    ):
        found = shapes.run(options.examples, options.only)
    click.echo(f"seed {options.seed}: {sum(found.statuses.values()):,} requests, {len(found.answered)} operations")
    click.echo("answers: " + ", ".join(f"{status} {count:,}" for status, count in sorted(found.statuses.items())))
    for name in found.unseen:
        click.echo(f"  never succeeded: {name} {dict(found.answered[name])}")
    for fault, story in found.faults.items():
        click.echo(f"  FAULT {fault}\n        {story}")
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
