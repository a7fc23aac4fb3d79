"""Random worlds keep every promise, and find out when the product does not."""

import pytest

from tests.proof import worlds, worlds_broken
from tests.proof.worlds_broken import RULES

FOUND_SOON = ("a commit is not written", "a guard gives no hint")


def test_hundreds_of_random_worlds_keep_every_promise():
    count = worlds.hunt(300, 1)
    print(worlds.told(count))  # noqa: T201
    assert count["worlds"] >= 300
    assert count["kills"] > 50


@pytest.mark.parametrize("name", FOUND_SOON)
def test_a_rule_that_is_broken_is_found_by_the_promise_that_it_keeps(name):
    promise, _ = worlds_broken.needed(RULES[name], 400)
    assert promise in RULES[name].promises
