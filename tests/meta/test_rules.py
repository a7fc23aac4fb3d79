"""The import rules hold, and each of them bites."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta import rules

ROOT = Path(__file__).parents[2]


def test_the_package_keeps_the_rules():
    assert rules.faults(ROOT / "provision") == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("cli.py", "import msgraph.x\n", "imports msgraph.x; only entra/graph.py may"),
        (
            "sinks/file.py",
            "def f():\n    from azure.identity import X\n",
            "only entra/login.py, entra/remembered.py may",
        ),
        ("wiring.py", "import playwright.async_api\n", "only sinks/browser.py may"),
        ("plan.py", "from provision.secret import Secret\n", "imports secret"),
        ("report.py", "from provision import secret\n", "imports secret"),
        ("model.py", "from provision import config\n", "lies further out"),
        ("sandbox/x.py", "from provision.model import App\n", "shares no code"),
        ("report.py", "def f(box):\n    return box.reveal()\n", "opens a secret"),
        ("long.py", "x = 1\n" * 351, "351 lines, over 350"),
    ],
)
def test_each_rule_bites(tmp_path, name, text, fault):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert any(fault in line for line in rules.faults(tmp_path))


def _modules_of(*argv):
    code = (
        "import sys\nfrom provision.cli import main\n"
        f"try:\n    main({list(argv)!r})\nexcept SystemExit:\n    pass\nprint(*sorted(sys.modules), file=sys.stderr)"
    )
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.split())


def test_help_imports_no_sdk_no_pydantic_no_browser():
    heavy = {"msgraph", "azure", "pydantic", "playwright", "httpx", "rich", "yaml", "asyncio"}
    assert not heavy & _modules_of("--help")
    assert not heavy & _modules_of("--version")


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine():
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = ("index-" + "url", "/work" + "/", "file.pythonhosted" + ".org", "/home" + "/")
    for name in filter(None, files.split("\0")):
        text = (ROOT / name).read_text(errors="replace") if (ROOT / name).is_file() else ""
        hits = [w for w in words if w in text and not (w.startswith("index") and name == "scripts/lock.sh")]
        assert not hits, (name, hits)


def test_the_committed_schema_is_the_one_that_the_code_prints():
    from provision import config  # noqa: PLC0415

    committed = json.loads((ROOT / "docs" / "reference" / "config.schema.json").read_text())
    assert committed == json.loads(json.dumps(config.schema()))
