#!/usr/bin/env bash
# lock.sh: resolves pyproject.toml anew into requirements/*.txt, with hashes and without index URLs.
set -euo pipefail
command -v uv >/dev/null || { echo "lock: needs uv (pip install uv)" >&2; exit 1; }
compile() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --custom-compile-command 'make lock' "$@"; }
compile pyproject.toml -o requirements/runtime.txt
compile pyproject.toml --extra sandbox --extra browser --extra keyvault --extra github --group dev -c requirements/runtime.txt -o requirements/dev.txt
compile pyproject.toml --extra sandbox -c requirements/dev.txt -o requirements/sandbox.txt
compile requirements/build.in -o requirements/build.txt
compile requirements/witnesses.in -o requirements/witnesses.txt
compile requirements/azure-cli.in --no-deps -o requirements/azure-cli.txt
