"""Draws one year of every habit as SVG: where mail stood still, how many secrets lived, what happened when.

Two years are drawn, by rule: the one whose days without mail, over all habits, are the median; and provision's worst.
Only shapes and text, no font or script from elsewhere; light and dark by the reader's setting, on a ground of its own.
"""

from __future__ import annotations

from statistics import median
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tests.proof.year_ours import Provision
from tests.proof.year_run import HABITS, Lived
from tests.proof.year_world import DAY, DAYS, FIRST, LASTING, SINKS

WIDTH, LEFT, RIGHT = 1220, 186, 950
ROW, GAP, LINE, PAD = 13, 4, 40, 16
BAND = len(SINKS) * (ROW + GAP) + LINE + PAD
LABEL, ROWS, WIDE = 17, 4, 7.5
COUNTS = 5
BAR, TALLEST = 11, 25
"""At the right: a bar a year, in px, and the days without mail of the tallest one (what is longer is cut)."""
STYLE = """
svg { --ground: #ffffff; --ink: #1f2328; --soft: #59636e; --works: #d3dae3; --dead: #d55e00; --line: #0072b2;
      --event: #8250df; --rule: #d1d9e0; font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --works: #3d444d; --dead: #ff8c42; --line: #56b4e9;
        --event: #bc8cff; --rule: #3d444d; } }
text { fill: var(--ink); } .soft { fill: var(--soft); } .big { font-size: 20px; font-weight: 600; }
.name { font-size: 15px; font-weight: 600; } .end { text-anchor: end; } .mid { text-anchor: middle; }
.ground { fill: var(--ground); } .works { fill: var(--works); fill-opacity: .75; } .dead { fill: var(--dead); }
.event { fill: var(--event); fill-opacity: .13; } .edge { stroke: var(--event); stroke-dasharray: 3 3; }
.label { fill: var(--event); font-weight: 600; }
.label { paint-order: stroke; stroke: var(--ground); stroke-width: 4px; } .rule { stroke: var(--rule); }
.live { fill: none; stroke: var(--line); stroke-width: 2; } .livetext { fill: var(--line); }
"""
LEGEND = (("works", "mail works"), ("dead", "no mail: Entra refuses what this place holds"), ("live", "secrets alive"))


def _at(day: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * day / DAYS, 1)


def _day(moment) -> float:
    return (moment - FIRST) / DAY


def _text(parent: Element, x: float, y: float, text: str, kind: str = "") -> None:
    SubElement(parent, "text", {"x": str(x), "y": str(y)} | ({"class": kind} if kind else {})).text = text


def _rect(parent: Element, x: float, y: float, width: float, height: float, kind: str) -> None:  # noqa: PLR0917 - a box
    box = {"x": x, "y": y, "width": round(width, 1), "height": height}
    SubElement(parent, "rect", {k: str(v) for k, v in box.items()} | {"class": kind})


def _line(parent: Element, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:  # noqa: PLR0917 - a line
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    SubElement(parent, "line", {k: str(v) for k, v in ends.items()} | {"class": kind})


def _events(parent: Element, year, top: int, bottom: int) -> None:
    """A band an event; what lasts to the end of the year is a line at its start. Labels never overlap."""
    ends = [0.0] * ROWS
    for name, days in sorted(year.events.items(), key=lambda event: event[1].start):
        if not days:
            continue
        left, text = _at(days.start), f"{name} →" if name == LASTING else name
        if name != LASTING:
            _rect(parent, left, top, _at(days.stop) - left, bottom - top, "event")
        side = -1 if left + WIDE * len(text) > RIGHT else 1
        span = sorted((left, left + side * WIDE * len(text)))
        row = next((r for r, end in enumerate(ends) if end <= span[0]), ends.index(min(ends)))
        ends[row] = max(ends[row], span[1] + 8)
        level = top - (ROWS - row) * LABEL
        _line(parent, left, level, left, bottom, "edge")
        _text(parent, left + side * 4, level + 11, text, "label" if side > 0 else "label end")


def _months(parent: Element, top: int, bottom: int) -> None:
    for month in range(1, 13):
        day = _day(FIRST.replace(month=month))
        _line(parent, _at(day), bottom, _at(day), bottom + 5, "rule")
        _text(parent, _at(day + 15), bottom + 15, f"{FIRST.replace(month=month):%b}", "soft mid")


def _band(parent: Element, lived: Lived, top: int) -> None:
    _text(parent, 12, top + 11, lived.habit, "name")
    _text(parent, 12, top + 28, f"{lived.without() / len(SINKS):.1f} days")
    _text(parent, 12, top + 43, "without mail", "soft")
    for number, sink in enumerate(SINKS):
        y = top + number * (ROW + GAP)
        _text(parent, LEFT - 8, y + 11, sink, "soft end")
        _rect(parent, LEFT, y, RIGHT - LEFT, ROW, "works")
        for outage in (o for o in lived.outages if o.sink == sink):
            left = _at(_day(outage.start))
            _rect(parent, left, y - 1, max(_at(_day(outage.end)) - left, 2), ROW + 2, "dead")
    base = top + len(SINKS) * (ROW + GAP) + LINE - 3
    step = (LINE - 8) / COUNTS
    _text(parent, 12, base - step * COUNTS / 2 + 4, "secrets alive", "livetext")
    for count in range(COUNTS + 1):
        _line(parent, LEFT, base - step * count, RIGHT, base - step * count, "rule")
    for count in (0, COUNTS):
        _text(parent, LEFT - 8, base - step * count + 4, str(count), "soft end")
    path = ""
    for moment, count in lived.series:
        x, y = _at(_day(moment)), round(base - step * count, 1)
        path += f"H{x}V{y}" if path else f"M{x} {y}"
    SubElement(parent, "path", {"d": f"{path}H{RIGHT}", "class": "live"})


def _years(parent: Element, years: list[Lived], top: int) -> None:
    """All years of a habit: a bar each, the worst first."""
    x, height = RIGHT + 16, len(SINKS) * (ROW + GAP) - GAP
    days = sorted((one.without() / len(SINKS) for one in years), reverse=True)
    _rect(parent, x, top, BAR * len(days), height, "works")
    for number, lost in enumerate(days):
        tall = round(min(lost, TALLEST) * height / TALLEST, 1)
        if lost:
            _rect(parent, x + BAR * number, round(top + height - tall, 1), BAR - 1, tall, "dead")
    bad = sum(1 for one in years if one.outages)
    _text(parent, x, top + height + 14, f"{bad} of {len(years)} years lost mail, worst {days[0]:.1f} d")
    mean, most = median(one.live_mean for one in years), max(one.live_most for one in years)
    _text(parent, x, top + height + 29, f"secrets alive: {mean:.1f} on average, {most} at most", "livetext")
    _text(parent, x, top + height + 44, f"people: {median(one.minutes for one in years):.0f} minutes a year", "soft")


def typical(lived: dict[str, list[Lived]]) -> int:
    """The place of the year whose days without mail, over all habits, are the (lower) median."""
    total = [sum(one.without() for one in row) for row in zip(*lived.values(), strict=True)]
    return sorted(range(len(total)), key=total.__getitem__)[(len(total) - 1) // 2]


def worst(lived: list[Lived]) -> int:
    return max(range(len(lived)), key=lambda place: lived[place].without())


def _panel(parent: Element, title: str, rows: list[tuple[Lived, list[Lived]]], top: int) -> int:
    _text(parent, 12, top, title, "name")
    top += ROWS * LABEL + 12
    bottom = top + len(rows) * BAND - PAD + 6
    _events(parent, rows[0][0].year, top, bottom)
    for number, (one, years) in enumerate(rows):
        _band(parent, one, top + number * BAND + 4)
        if years:
            _years(parent, years, top + number * BAND + 4)
    _months(parent, top, bottom)
    return bottom + 52


def draw(lived: dict[str, list[Lived]]) -> str:
    place, bad = typical(lived), worst(lived[Provision.name])
    years = len(lived[Provision.name])
    rows = [(lived[kind.name][place], lived[kind.name]) for kind in HABITS]
    told = "; ".join(f"{one.habit} {one.without() / len(SINKS):.1f} days" for one, _ in rows)
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-labelledby": "title desc"})
    SubElement(root, "title", {"id": "title"}).text = "A year of one mail app's secret, by four habits"
    SubElement(root, "desc", {"id": "desc"}).text = (
        f"Days without mail, mean of the three places, in the same simulated year: {told}. "
        f"At the right: {years} such years of each habit."
    )
    SubElement(root, "style").text = STYLE
    ground = SubElement(root, "rect", {"class": "ground", "width": "100%", "height": "100%"})
    _text(root, 12, 30, "A year of one mail app's secret: who loses mail, and when", "big")
    x = 12
    for kind, text in LEGEND:
        if kind == "live":
            _line(root, x, 51, x + 18, 51, kind)
        else:
            _rect(root, x, 45, 18, 12, kind)
        _text(root, x + 24, 55, text)
        x += 48 + 6.4 * len(text)
    _text(root, RIGHT + 16, 118, f"All {years} years, the worst first:", "name")
    _text(root, RIGHT + 16, 135, "days without mail, mean of the places", "soft")
    _text(root, RIGHT + 16, 152, f"(full height: {TALLEST} days)", "soft")
    seed = rows[0][0].year.seed
    top = _panel(root, f"A median year (seed {seed}), the same for every habit", rows, 90)
    one = lived[Provision.name][bad]
    title = f"The worst year for provision (seed {one.year.seed})"
    height = _panel(root, title, [(one, [])], top) - 20
    root.set("viewBox", f"0 0 {WIDTH} {height}")
    root.set("width", str(WIDTH))
    root.set("height", str(height))
    ground.set("rx", "6")
    indent(root)
    return tostring(root, encoding="unicode") + "\n"
