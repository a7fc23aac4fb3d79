"""What the README shows is what happens: its commands run, its configs are good, its picture shows its table."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.e2e.desk import PROVISION
from tests.e2e.screen import Screen
from tests.e2e.test_demo import steps

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ANSWERS = {r"\[y/N\]: ": "y\n", "if you could not: ": "yes\n"}


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands():
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("provision ")]


@pytest.fixture
def tenant(started):
    """The sandbox under Microsoft's own names, and an identity that `login: auto` finds."""
    desk = started
    info = desk.info
    desk.env |= {"HTTPS_PROXY": info["proxy"], "SSL_CERT_FILE": info["ca"], "REQUESTS_CA_BUNDLE": info["ca"]}
    desk.env |= desk.operator() | {"TERM": "xterm", "PATH": f"{PROVISION.parent}:{desk.env['PATH']}"}
    for screen in ("DISPLAY", "WAYLAND_DISPLAY"):
        desk.env.pop(screen, None)
    return desk


def as_a_person(screen):
    """Answers what is asked; the exit code."""
    place = 0
    while True:
        try:
            place = screen.wait_for("|".join(ANSWERS), place)
        except EOFError:
            return screen.end()
        (answer,) = (text for pattern, text in ANSWERS.items() if re.search(f"{pattern}$", screen.seen[:place]))
        screen.type(answer)


def test_every_provision_line_runs_as_it_stands(tenant):
    lines = commands()
    assert {line.split()[1] for line in lines} >= {"init", "check", "plan", "apply", "status", "rotate"}
    for line in lines:
        screen = Screen(["bash", "-c", line], cwd=tenant.folder, env=tenant.env)
        assert as_a_person(screen) == 0, (line, screen.seen)
    assert any("/addPassword" in request["path"] for request in tenant.requests)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_every_config_is_good(desk, text):
    (desk.folder / "shown.yaml").write_text(text)
    done = desk.run("check", "shown.yaml")
    assert done.returncode == 0, done.stderr


def test_every_verb_that_the_readme_names_is_one(desk):
    known = set(re.findall(r"^  ([a-z]+)  ", desk.run("--help").stdout, re.MULTILINE))
    assert set(re.findall(r"`?provision ([a-z]+)", README.replace("`provision` is", ""))) <= known


@pytest.mark.parametrize("place", re.findall(r"\]\(([^)]+)\)", README))
def test_every_link_leads_to_a_file(place):
    assert (ROOT / place).is_file()


def test_the_picture_shows_the_table_and_loads_nothing():
    svg = (ROOT / "docs" / "demo.svg").read_text()
    rows = {}
    for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314 - our own file
        rows.setdefault(float(text.get("y")), []).append((float(text.get("x")), text.text or ""))
    lines = ["".join(part for _, part in sorted(row)).replace("\xa0", " ") for _, row in sorted(rows.items())]
    assert steps("\n".join(lines)) == steps(README)
    assert not re.search(r"(href|src|url\()\W*https?:", svg)
