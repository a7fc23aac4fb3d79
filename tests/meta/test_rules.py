"""The rules of tests/meta/rules.py hold, and each of them bites."""

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
        ("wiring.py", "import azure.keyvault.secrets\n", "only sinks/keyvault.py may"),
        ("entra/login.py", "def f():\n    importlib.import_module('azure.keyvault')\n", "only sinks/keyvault.py may"),
        ("sinks/rest.py", "def f():\n    from nacl import public\n", "only sinks/github.py may"),
        ("wiring.py", "import playwright.async_api\n", "only sinks/account.py, sinks/banner.py"),
        ("plan.py", "from provision.secret import Secret\n", "imports secret"),
        ("report.py", "from provision import secret\n", "imports secret"),
        ("model.py", "from provision import config\n", "lies further out"),
        ("sandbox/x.py", "from provision.model import App\n", "shares no code"),
        ("report.py", "def f(box):\n    return box.reveal()\n", "opens a secret"),
        ("sinks/x.py", "def f(typed):\n    return Secret(typed)\n", "makes a box"),
    ],
)
def test_each_rule_bites(tmp_path, name, text, fault):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert any(fault in line for line in rules.faults(tmp_path))


def repository():
    """Names of all files of the repository, new ones too."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return list(filter(None, told.split("\0")))


def test_no_file_that_is_written_by_hand_is_over_350_lines():
    names = repository()
    assert {"tests/meta/test_rules.py", "scripts/demo.py", "bench/reads.py", "provision/cli.py"} <= set(names)
    assert rules.long_files(ROOT, names) == []


@pytest.mark.parametrize("name", ["provision/x.py", "tests/unit/test_x.py", "scripts/x.sh", "bench/x.py", "README.md"])
def test_the_rule_of_length_bites_wherever_a_file_stands(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x = 1\n" * 350)
    assert rules.long_files(tmp_path, [name]) == []
    path.write_text("x = 1\n" * 350 + "y = 2")
    assert rules.long_files(tmp_path, [name]) == [f"{name}: 351 lines, over 350"]


def test_generated_files_may_be_long(tmp_path):
    path = tmp_path / "docs" / "reference" / "cli.md"
    path.parent.mkdir(parents=True)
    path.write_text("x\n" * 1000)
    assert rules.long_files(tmp_path, ["docs/reference/cli.md"]) == []


def test_the_plain_server_of_the_tests_shares_nothing_with_what_it_tests(tmp_path):
    assert (ROOT / "tests" / "plain" / "tenant.py").is_file()
    assert rules.importers(ROOT / "tests" / "plain", "provision") == []
    (tmp_path / "tenant.py").write_text("def f():\n    from provision.sandbox import world\n")
    assert rules.importers(tmp_path, "provision") == ["tenant.py"]


def _modules_of(*argv):
    code = (
        "import sys\nfrom provision.cli import main\n"
        f"try:\n    main({list(argv)!r})\nexcept SystemExit:\n    pass\nprint(*sorted(sys.modules), file=sys.stderr)"
    )
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.split())


def test_help_imports_no_sdk_no_pydantic_no_browser():
    heavy = {"msgraph", "azure", "nacl", "pydantic", "playwright", "httpx", "rich", "yaml", "asyncio"}
    assert not heavy & _modules_of("--help")
    assert not heavy & _modules_of("--version")


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine():
    words = ("index-" + "url", "/work" + "/", "file.pythonhosted" + ".org", "/home" + "/")
    for name in repository():
        text = (ROOT / name).read_text(errors="replace") if (ROOT / name).is_file() else ""
        hits = [w for w in words if w in text and not (w.startswith("index") and name == "scripts/lock.sh")]
        assert not hits, (name, hits)


def test_the_committed_schema_is_the_one_that_the_code_prints():
    from provision import config  # noqa: PLC0415

    committed = json.loads((ROOT / "docs" / "reference" / "config.schema.json").read_text())
    assert committed == json.loads(json.dumps(config.schema()))
