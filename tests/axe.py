"""What axe-core finds on a page that Playwright has open, by its rules for WCAG 2.0 to 2.2, A and AA, and its best
practices."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": TAGS, "rules": {"target-size": {"enabled": True}}}  # off in axe unless it is named


def violations(page):
    """Each by its rule and the first place that breaks it."""
    found = Axe().run(page, options=OPTIONS).response
    assert len(found["passes"]) > 10
    return [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
