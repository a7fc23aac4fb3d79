"""The command as a process that is forked from one which has imported its libraries: ten times as soon, and there are
hundreds in a run. The installed command itself is what tests with the mark `installed` start, and all that watch a
process from its start: canary, terminal, pipelines, demo, README. `make coverage` starts no other.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

LOADED = ["provision.running", "provision.wiring", "provision.config", "provision.commands", "provision.verifying"]
SDKS = ["msgraph.graph_service_client", "azure.identity"]
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([*LOADED, *SDKS])


def run(words, folder, env, timeout):
    """As subprocess.run gives it."""
    outputs = [folder / ".run.out", folder / ".run.err"]
    process = _FORKS.Process(target=_child, args=(words, folder, env, outputs))
    process.start()
    process.join(timeout)
    if process.exitcode is None:
        process.kill()
        raise subprocess.TimeoutExpired(words, timeout)
    texts = [path.read_text() for path in outputs]
    for path in outputs:
        path.unlink()
    return subprocess.CompletedProcess(words, process.exitcode, *texts)


def _child(words, folder, env, outputs):
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    from provision.cli import main  # noqa: PLC0415

    sys.argv = ["provision", *words]
    main()
