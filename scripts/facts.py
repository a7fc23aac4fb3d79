"""Which errors of Entra and of mail servers the facts name, for the tests of `provision explain`.

python -m scripts.facts FOLDER            writes tests/unit/explained.tsv from the *.md of FOLDER
python -m scripts.facts --check FOLDER    exits with 1 and what is missing there, or stands there without a source
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

PAGE = Path(__file__).parents[1] / "tests" / "unit" / "explained.tsv"
HEAD = "# Written by `make facts`: the errors that the facts name, and the lines that name them."
Found = dict[str, list[str]]

_AADSTS = re.compile(r"AADSTS ?(\d{4,9}(?:-\d)?(?: ?[/;,] ?\d{4,9}(?:-\d)?)*)(?!\d)")
_TABLE = "| AADSTS |"
_REPLY = re.compile(r"(?<![\d.])(?:[45]\d\d [45]|5)\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_TEXT = re.compile(
    r"[45]\d\d [45]\.\d{1,3}\.\d{1,3} .+|(?:A\d+ )?(?:NO|BAD) \w.+|\* BYE \w.+|-ERR .+|curl: \(\d+\).+"
    r"|\[[A-Z]+FAILED\].*|AUTHENTICATE failed.*"
)


def errors(folder: Path) -> Found:
    """Codes of Entra, and texts and numbers of mail servers, each with `file:line` of where it stands."""
    found: Found = {}
    for file in sorted(folder.glob("*.md")):
        table = False
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            table = line.startswith("|") and (table or line.startswith(_TABLE))
            for name in dict.fromkeys([*_codes(line, table=table), *_mail(line)]):
                found.setdefault(name, []).append(f"{file.name}:{number}")
    return dict(sorted(found.items()))


def kept() -> list[str]:
    """Those that stand in the list."""
    return [line.split("\t")[0] for line in PAGE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def _codes(line: str, *, table: bool) -> list[str]:
    runs = [hit[1] for hit in _AADSTS.finditer(line)]
    numbers = re.findall(r"\b\d{5,7}\b", line) if table else []
    for run in runs:
        for number, last in re.findall(r"(\d{4,9})(?:-(\d))?", run):
            numbers += [number, number[:-1] + last] if last else [number]
    return [f"AADSTS{number}" for number in numbers]


def _mail(line: str) -> list[str]:
    """A number alone counts where no text on its line begins with it: 554 5.2.0 says nothing without one."""
    texts = [text for text in re.findall(r"`([^`]+)`", line) if _TEXT.fullmatch(text)]
    return texts + [number for number in _REPLY.findall(line) if not any(text.startswith(number) for text in texts)]


def main() -> int:
    found = errors(Path(sys.argv[-1]))
    if not found:
        click.echo(f"{sys.argv[-1]} holds no *.md that names an error", err=True)
        return 1
    if "--check" not in sys.argv:
        rows = [f"{name}\t{', '.join(at)}" for name, at in found.items()]
        PAGE.write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
        return 0
    for name in sorted(found.keys() ^ set(kept())):
        where = ", ".join(found.get(name, ["no fact names it"]))
        click.echo(f"tests/unit/explained.tsv is not up to date: {name} ({where}): run `make facts`", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
