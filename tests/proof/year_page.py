"""Fills year.md.j2: every figure and assumption on the page comes from the run or from the code that ran."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

from jinja2 import Environment, StrictUndefined

from provision.model import SecretPolicy
from tests.proof import year_world
from tests.proof.year_habits import AHEAD, KeepTwo
from tests.proof.year_observer import BEFORE, CAUSES, Act, Outage
from tests.proof.year_ours import RETIRE_AFTER, Provision, ProvisionEarly
from tests.proof.year_picture import typical, worst
from tests.proof.year_run import HABITS, SEEDS, Lived
from tests.proof.year_world import DAY, FIRST, FORM, LIFETIME, SINKS

All = dict[str, list[Lived]]
NAMES = [kind.name for kind in HABITS]
MADE_BY = "Made by `python -m tests.proof.year`"
"""The page's last line begins so; what follows names the commit."""


def _pair(form: str, values: Iterable[float]) -> str:
    found = list(values) or [0]
    return f"{median(found):{form}} / {max(found):{form}}"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *rows))


def _lost(years: list[Lived]) -> int:
    return sum(1 for one in years if one.outages)


def _own(years: list[Lived]) -> int:
    return sum(len(one.own) for one in years)


def _outages(years: list[Lived]) -> list[Outage]:
    return [outage for one in years for outage in one.outages]


def _measures(lived: All, watched: All) -> str:
    def row(title: str, cell: Callable[[list[Lived]], str], of: All = lived) -> list[str]:
        return [title, *(cell(of[name]) if name in of else "" for name in NAMES)]

    def minutes(years: list[Lived]) -> str:
        return _pair(".0f", (one.minutes for one in years))

    def warned(years: list[Lived]) -> str:
        return f"{sum(1 for o in _outages(years) if o.warned)} of {len(_outages(years))}"

    rows = [
        row(f"days without mail, {sink}", lambda ys, sink=sink: _pair(".1f", (y.without(sink) for y in ys)))
        for sink in SINKS
    ]
    rows += [
        row(f"years of {len(SEEDS)} in which a place lost mail", lambda ys: str(_lost(ys))),
        row("outages in all years", lambda ys: str(len(_outages(ys)))),
        row("… made by the habit itself", lambda ys: str(_own(ys))),
        row(f"… with a warning in the {BEFORE} days before", warned),
        row("days with a warning before an outage", lambda ys: _pair(".0f", (o.warned for o in _outages(ys)))),
        row("secrets alive, mean", lambda ys: _pair(".1f", (y.live_mean for y in ys))),
        row("secrets alive, most at once", lambda ys: _pair(".0f", (y.live_most for y in ys))),
        row("secrets made", lambda ys: _pair(".0f", (y.mints for y in ys))),
        row("minutes of people", minutes),
        row("heartbeat watched: years that lost mail", lambda ys: str(_lost(ys)), watched),
        row(
            "heartbeat watched: days without mail, mean of the places",
            lambda ys: _pair(".1f", (y.without() / len(SINKS) for y in ys)),
            watched,
        ),
        row("heartbeat watched: minutes of people", minutes, watched),
    ]
    return _table(["median / worst year", *NAMES], rows)


def _around(one: Lived, outage: Outage) -> str:
    """Events that touched the time in which the secret should have been renewed."""
    day = (outage.start - FIRST) // DAY
    first = day - AHEAD // DAY
    return ", ".join(name for name, days in one.year.events.items() if days and days[0] <= day and days[-1] >= first)


def _every_outage(years: list[Lived]) -> str:
    head = ["seed", "place", "from", "days", "cause", "days with a warning before", f"in the {AHEAD.days} days before"]
    rows = [
        [
            str(one.year.seed),
            outage.sink,
            f"{outage.start.day} {outage.start:%b}",
            f"{outage.length / DAY:.1f}",
            outage.cause,
            str(outage.warned),
            _around(one, outage),
        ]
        for one in years
        for outage in one.outages
    ]
    return _table(head, rows) if rows else "None."


def _acts(lived: All) -> str:
    def often(name: str, act: Act) -> str:
        return f"{sum(one.acts[act] for one in lived[name]) / len(lived[name]):.1f}"

    rows = [[act.value[1], str(act.minutes), *(often(name, act) for name in NAMES)] for act in Act]
    return _table(["what a person does", "minutes, assumed", *(f"times a year: {name}" for name in NAMES)], rows)


def page(lived: All, watched: All, commit: str) -> str:
    ours, early, keep = lived[Provision.name], lived[ProvisionEarly.name], lived[KeepTwo.name]
    templates = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - Markdown
    templates.filters["percent"] = "{:.0%}".format
    return templates.from_string((Path(__file__).parent / "year.md.j2").read_text()).render(
        w=vars(year_world),
        seeds=SEEDS,
        typical=ours[typical(lived)].year.seed,
        worst=ours[worst(ours)].year.seed,
        lifetime=LIFETIME.days,
        ahead=AHEAD.days,
        retire_after=RETIRE_AFTER.days,
        measures=_measures(lived, watched),
        own=_own(ours + early),
        own_years=len(ours + early),
        own_keep=_own(keep),
        outages=_every_outage(ours),
        outages_early=_every_outage(early),
        most=max(one.live_most for one in ours + early),
        quiet=sum(1 for outage in _outages(ours + early) if outage.sink != FORM and outage.warned),
        max_live=SecretPolicy(LIFETIME, AHEAD, RETIRE_AFTER).max_live,
        lost=_lost(ours),
        lost_early=_lost(early),
        lost_keep=_lost(keep),
        habits=[(kind.name, " ".join((inspect.getdoc(kind) or "").split())) for kind in HABITS],
        acts=_acts(lived),
        causes=_table(["cause", "meaning"], [list(item) for item in CAUSES.items()]),
        made_by=MADE_BY,
        commit=commit,
    )
