"""What a run costs, as far as it can be held without a clock: what it imports and when, and what it asks for."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest

from provision.cli import main

READS = Path(__file__).parents[2] / "bench" / "reads.py"

APPLY = """
import gc, json, sys
from provision.cli import main
sys.argv = ["provision", "apply", "c.yaml", "-q"]
try:
    main()
except SystemExit as end:
    told = {"code": end.code, "modules": sorted(sys.modules), "gc": gc.isenabled(), "frozen": gc.get_freeze_count()}
    print(json.dumps(told), file=sys.stderr)
"""

FIRST_ANSWER = """
import asyncio, json, sys
from pathlib import Path
from provision import config, wiring
from provision.entra import answers
from provision.errors import ProvisionError
from provision.survey import survey

def http_client(cloud):
    import httpx
    async def answer(request):
        while not {"azure.identity", "msgraph.graph_service_client"} <= sys.modules.keys():
            await asyncio.sleep(0.01)
        return httpx.Response(400, json={"error_codes": [90002]})
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))

answers.http_client = http_client
job = wiring.job(config.load(Path("c.yaml"), {}), print)
early = {name.split(".")[0] for name in sys.modules}
try:
    asyncio.run(asyncio.wait_for(survey(job), 60))
except ProvisionError as error:
    print(json.dumps({"early": sorted(early), "error": str(error)}))
"""


def _python(desk, code, *words):
    return subprocess.run(
        [sys.executable, code, *words], env=desk.env, cwd=desk.folder, capture_output=True, text=True, check=True
    )


@pytest.fixture
def converged(desk):
    """What a converged apply, as a process, says of itself at its end."""
    desk.json("apply", "c.yaml", "--yes")
    told = json.loads(_python(desk, "-c", APPLY).stderr.splitlines()[-1])
    assert told["code"] == 0
    return told


def test_a_converged_apply_imports_of_the_sdk_only_the_builders_of_what_it_reads(converged):
    generated = {name.split(".")[2] for name in converged["modules"] if name.startswith("msgraph.generated.")}
    assert generated <= {
        "base_graph_service_client",
        "applications_with_unique_name",
        "service_principals_with_app_id",
    }


def test_a_converged_apply_imports_no_browser_no_page_and_no_server(converged):
    theirs = {"jinja2", "playwright", "starlette", "uvicorn", "trustme", "joserfc", "azure.identity.aio"}
    ours = {f"provision.{name}" for name in ("sandbox.server", "sinks.browser", "sinks.handoff", "sinks.person")}
    assert not (theirs | ours) & set(converged["modules"])


def test_garbage_is_looked_for_again_once_the_world_is_read(converged):
    assert converged["gc"]
    assert converged["frozen"] > 0


def test_whoever_calls_us_in_their_own_process_keeps_their_garbage_collector():
    with pytest.raises(SystemExit):
        main(["--version"])
    assert gc.isenabled()


def test_the_sdks_are_imported_while_the_first_answer_is_on_its_way_and_not_before(desk):
    desk.write("global")
    told = json.loads(_python(desk, "-c", FIRST_ANSWER).stdout)
    assert not {"azure", "msal", "msgraph", "kiota_abstractions", "httpx"} & set(told["early"])
    assert "AADSTS90002" in told["error"]


def test_a_converged_apply_asks_for_what_the_floor_of_the_bench_asks_for(desk):
    desk.json("apply", "c.yaml", "--yes")
    before = len(desk.requests)
    desk.json("apply", "c.yaml")
    between = len(desk.requests)
    info, who = desk.info, desk.info["operator"]
    where = [info["login"], info["graph"], info["ca"], info["tenant"]["domain"]]
    _python(desk, READS, *where, who["client_id"], who["secret_file"], "mspbots-outgoing-mail")
    asked = sorted((r["method"], r["host"], r["path"]) for r in desk.requests[before:between])
    assert asked == sorted((r["method"], r["host"], r["path"]) for r in desk.requests[between:])
