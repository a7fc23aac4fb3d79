"""Runs what stands in configs/ci, configs/systemd and configs/cron as its platform would: same shell, same environment.

Each runner takes the steps out of the file itself and answers (verdict, all that was said), where the verdict is what
the platform would show: green, warning or red. Only the step "Install provision" (GitLab: before_script) is left out:
it installs and does nothing else.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs"
PROVISION = Path(sys.executable).with_name("provision")
SHIM = """#!/bin/bash
[ -z "$AZURE_FEDERATED_TOKEN_FILE" ] || stat --format %a "$AZURE_FEDERATED_TOKEN_FILE" >>"{seen}"
[[ " $* " != *" rotate "* ]] || echo "$*" >>"{words}"
exec {provision} "$@"
"""
BEARER = "a-bearer-of-this-job"


def shims(folder):
    """A folder for PATH: `provision`, which notes the mode of the token's file, and `logger`, which notes its words."""
    folder.mkdir()
    text = SHIM.format(seen=folder / "modes", words=folder / "words", provision=shlex.quote(str(PROVISION)))
    for name, script in {"provision": text, "logger": f'#!/bin/bash\necho "$*" >>"{folder / "logged"}"\n'}.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o700)
    return folder


def arguments_of_all():
    """The argument lists of every process that we may see."""
    found = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += path.read_bytes()
        except OSError:
            continue
    return found


class Loopback(ThreadingHTTPServer):
    """GitHub's ID-token endpoint and a heartbeat's address. Notes what was asked, and whether an argument list told."""

    def __init__(self, token):
        super().__init__(("127.0.0.1", 0), _Answers)
        self.token, self.asked, self.told = token, [], False
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.told |= BEARER.encode() in arguments_of_all()
        audience = parse_qs(urlsplit(self.path).query).get("audience") == ["api://AzureADTokenExchange"]
        good = audience and self.headers["Authorization"] == f"Bearer {BEARER}"
        self.send_response(200 if good or self.path == "/heartbeat" else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"count": 1, "value": self.server.token}).encode() if good else b"{}")

    def log_message(self, *_):
        """Says nothing."""


def bash(script, env, folder, *flags):
    return subprocess.run(
        ["bash", *flags, "-c", script], env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    )  # fmt: skip


def github(desk, token):
    """docs.github.com: workflow syntax (shell: bash is `bash --noprofile --norc -eo pipefail`), OIDC reference."""
    job = yaml.safe_load((CONFIGS / "ci" / "github.yml").read_text())["jobs"]["rotate"]
    desk.summary = desk.scratch / "summary.md"
    with Loopback(token) as server:
        desk.loopback = server
        known = {"HEARTBEAT_URL": f"{server.address}/heartbeat", "AZURE_TENANT_ID": desk.tenant}
        known["AZURE_CLIENT_ID"] = desk.client

        def render(values):
            return {k: re.sub(r"\$\{\{ vars\.(\w+) \}\}", lambda m: known[m[1]], v) for k, v in values.items()}

        env = desk.env | render(job["env"]) | {"RUNNER_TEMP": str(desk.scratch)}
        env |= {"GITHUB_STEP_SUMMARY": str(desk.summary), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER}
        env["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{server.address}/token?api-version=2.0"
        said = ""
        for step in job["steps"]:
            if "uses" in step or step["name"] == "Install provision":
                continue
            assert step["shell"] == "bash"
            assert step.get("if") in (None, "vars.HEARTBEAT_URL != ''")
            done = bash(
                step["run"], env | render(step.get("env", {})), desk.work, "--noprofile", "--norc", "-eo", "pipefail"
            )
            said += done.stdout
            if done.returncode:
                return "red", said
    return "warning" if "\n::warning " in said else "green", said


def azure(desk, token):
    """learn.microsoft.com: AzureCLI@2 (addSpnToEnvironment), logging commands; a file that bash runs without flags."""
    pipeline = yaml.safe_load((CONFIGS / "ci" / "azure-pipelines.yml").read_text())
    steps = pipeline["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"]
    (inputs,) = [step["inputs"] for step in steps if step.get("task") == "AzureCLI@2"]
    assert inputs["addSpnToEnvironment"] is True
    env = desk.env | {name: str(value) for name, value in pipeline["variables"].items()}
    env |= {"AGENT_TEMPDIRECTORY": str(desk.scratch), "tenantId": desk.tenant, "servicePrincipalId": desk.client}
    assert not re.findall(rf"\$\(({'|'.join(env)})\)", inputs["inlineScript"])  # would be replaced before bash sees it
    done = bash(inputs["inlineScript"], env | {"idToken": token}, desk.work)
    if done.returncode:
        return "red", done.stdout
    issues = "\n##vso[task.complete result=SucceededWithIssues;]" in done.stdout
    assert issues == ("\n##vso[task.logissue type=warning]" in done.stdout)
    return "warning" if issues else "green", done.stdout


def gitlab(desk, token):
    """docs.gitlab.com: CI/CD YAML reference (id_tokens, allow_failure:exit_codes); the runner's shell sets pipefail."""
    job = yaml.safe_load((CONFIGS / "ci" / "gitlab-ci.yml").read_text())["rotate"]
    ((name, wanted),) = job["id_tokens"].items()
    assert wanted == {"aud": "api://AzureADTokenExchange"}
    env = desk.env | job["variables"] | {name: token, "CI": "true", "TMPDIR": str(desk.scratch)}
    env |= {"AZURE_TENANT_ID": desk.tenant, "AZURE_CLIENT_ID": desk.client}
    done = bash("\n".join(job["script"]), env, desk.work, "-eo", "pipefail")
    allowed = done.returncode in job["allow_failure"]["exit_codes"]
    return "green" if not done.returncode else "warning" if allowed else "red", done.stdout


def _on_a_server(desk, token, text):
    """The text with the machine's folders replaced by scratch ones, and what stands in them made."""
    file = desk.scratch / "token-kept-by-the-machine"
    file.write_text(token)
    file.chmod(0o600)
    values = {"AZURE_TENANT_ID": desk.tenant, "AZURE_CLIENT_ID": desk.client, "AZURE_FEDERATED_TOKEN_FILE": str(file)}
    values |= {k: desk.env[k] for k in ("HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PYTHONPATH")}
    (desk.work / "environment").write_text("".join(f"{k}={v}\n" for k, v in values.items()))
    (desk.scratch / "var").mkdir(exist_ok=True)
    for there, here in {
        "/usr/local/bin/provision": desk.bin / "provision",
        "/etc/provision": desk.work,
        "/var/lib/provision": desk.scratch / "var",
    }.items():
        assert there in text
        text = text.replace(there, str(here))
    return text


def unit(text):
    parsed = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",), delimiters=("=",))
    parsed.optionxform = str
    parsed.read_string(text)
    return parsed


def systemd(desk, token):
    """systemd.service(5), systemd.exec(5): environment, ExecStart, then ExecStopPost with EXIT_STATUS."""
    text = (CONFIGS / "systemd" / "provision-rotate.service").read_text()
    service = unit(_on_a_server(desk, token, text))["Service"]
    env = dict(line.split("=", 1) for line in Path(service["EnvironmentFile"].lstrip("-")).read_text().splitlines())
    env |= dict([service["Environment"].split("=", 1)]) | {"PATH": os.defpath}
    code, said = 0, ""
    for command in ("ExecStart", "ExecStopPost"):
        done = subprocess.run(
            shlex.split(service[command].replace("$$", "$")), env=env | {"EXIT_STATUS": str(code)}, cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        said += done.stdout
        code = code or done.returncode
    if code and str(code) not in service["SuccessExitStatus"].split():
        return "red", said
    return "warning" if "\n<4>" in said else "green", said


def cron(desk, token):
    """crontab(5): assignments, five fields, the user, the command; there a backslash keeps % from being a newline."""
    text = _on_a_server(
        desk, token, (CONFIGS / "cron" / "provision-rotate").read_text() + "# /usr/local/bin/provision\n"
    )
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    env = dict(line.split("=", 1) for line in lines[:-1])
    user, command = lines[-1].split(" ", 6)[5:]
    assert user == "provision"
    assert "%" not in command.replace("\\%", "")
    env |= {"LOGNAME": user, "HOME": str(desk.scratch), "PATH": f"{desk.bin}:{env['PATH']}"}
    assert env["SHELL"] == "/bin/bash"
    done = bash(command.replace("\\%", "%"), env, "/")
    logged = desk.bin / "logged"
    priority = logged.read_text().split()[3] if logged.exists() else None
    if not done.returncode:
        assert (done.stdout, priority) == ("", None), "what is well is neither mailed nor logged"
        return "green", done.stdout
    return {"cron.warning": "warning", "cron.err": "red"}[priority], done.stdout
