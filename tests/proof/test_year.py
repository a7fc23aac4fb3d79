"""The year: its page and picture are fresh, its observer sees what it should, and provision itself stops no mail."""

from __future__ import annotations

from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest

from provision import plan as planner
from tests.proof.year import PAGE, PICTURE
from tests.proof.year_habits import PEERS, CalendarEntry, ResetInPlace
from tests.proof.year_observer import ENDED, REMOVED, WRONG
from tests.proof.year_ours import Provision, ProvisionEarly
from tests.proof.year_page import MADE_BY, page
from tests.proof.year_picture import draw
from tests.proof.year_run import HABITS, SEEDS, Lived, live, live_all
from tests.proof.year_world import CAP, DAY, LIFETIME, World, Year, year

CALM = Year()
OURS = (Provision.name, ProvisionEarly.name)


@pytest.fixture(scope="module")
def lived() -> dict[str, list[Lived]]:
    return live_all()


@pytest.fixture(scope="module")
def watched() -> dict[str, list[Lived]]:
    return live_all(heartbeat=True)


def test_the_committed_page_is_the_one_that_the_code_makes(lived, watched):
    committed, found = (text.rsplit(MADE_BY, 1)[0] for text in (PAGE.read_text(), page(lived, watched, "-")))
    assert committed == found


def test_the_committed_picture_is_the_one_that_the_code_draws(lived):
    assert PICTURE.read_text() == draw(lived)


def test_the_picture_says_in_words_what_it_shows():
    svg = "{http://www.w3.org/2000/svg}"
    picture = fromstring(PICTURE.read_text())  # noqa: S314 - our own file
    assert picture.findtext(f"{svg}title")
    assert all(kind.name in picture.findtext(f"{svg}desc") for kind in HABITS)


def test_nothing_that_provision_does_stops_mail_in_any_year(lived, watched):
    years = [one for name in OURS for one in (*lived[name], *watched[name])]
    assert [o for one in years for o in one.own] == []


@pytest.mark.parametrize("kind", [kind for kind in HABITS if kind is not ResetInPlace])
def test_a_world_without_events_has_no_outage(kind):
    assert live(kind, CALM).outages == ()


def test_without_events_a_reset_stops_mail_until_the_person_comes_within_the_hour():
    outages = live(ResetInPlace, CALM).outages
    assert {o.cause for o in outages} == {REMOVED}
    assert max(o.length for o in outages) < timedelta(hours=1)


def _removes_all_but_the_newest(desired, observed, seen, now):
    mine = sorted(planner.ours(observed.app).values(), key=lambda c: c.start) if observed.app else []
    return [planner._retirement(c, "planted") for c in mine[:-1]]


def _forgets_what_cannot_be_read(sink, commit, observed, mine):
    holding = observed.holdings.get(sink)
    return frozenset({holding.key_id} if holding and holding.key_id else ())


@pytest.mark.parametrize(
    ("part", "defect"),
    [
        ("_retire", _removes_all_but_the_newest),
        ("_may_hold", _forgets_what_cannot_be_read),
    ],
)
def test_a_defect_put_into_the_planner_is_seen_by_the_observer(monkeypatch, part, defect):
    monkeypatch.setattr(planner, part, defect)
    causes = {o.cause for seed in SEEDS[:3] for o in live(Provision, year(seed)).own}
    assert causes == {REMOVED}


def test_an_outage_is_measured_from_the_end_of_a_secret_to_the_next_delivery():
    stopped = Year(seed=0, stop=range(120, 240))
    outage = min(live(Provision, stopped).outages, key=lambda o: o.start)
    assert outage.cause == ENDED
    assert outage.start == World(CALM).clock.now() + LIFETIME
    assert DAY < outage.length < 30 * DAY


def test_a_stopped_schedule_gives_no_warning_and_a_watched_heartbeat_helps():
    stopped = Year(seed=0, stop=range(120, 240))
    assert {o.warned for o in live(Provision, stopped).outages} == {0}
    assert live(Provision, stopped, heartbeat=True).outages == ()


def test_a_wrong_value_entered_by_hand_is_told_from_a_removal(lived):
    assert {o.cause for one in lived[CalendarEntry.name] for o in one.own} == {WRONG}


@pytest.mark.parametrize("kind", [Provision, *PEERS])
def test_a_capped_lifetime_is_met_by_every_habit_without_an_end_of_its_own(kind):
    capped = live(kind, Year(policy=range(1, 365)))
    assert capped.mints >= 365 * DAY / CAP
    assert {o.cause for o in capped.outages} <= {REMOVED}


def test_the_same_seed_gives_every_habit_the_same_events(lived):
    assert all(len({years[place].year for years in lived.values()}) == 1 for place in range(len(SEEDS)))
