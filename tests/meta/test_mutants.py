"""make mutants: which mutant is which, and that neither an unexplained survivor nor a stale explanation passes."""

from __future__ import annotations

import pytest

from scripts import mutants
from scripts.mutants import Mutant

SHOWN = """# provision.plan.x__due__mutmut_7: survived
--- provision/plan.py
+++ provision/plan.py
@@ -1,4 +1,4 @@
 def _due(now):
-        return now < 1
+        return now <= 1
"""
ONE = Mutant("provision.plan._due", ("- return now < 1", "+ return now <= 1"))
TOLD = """
- function: provision.plan._due
  diff: |-
    - return now < 1
    + return now <= 1
  why: It is never 1.
"""


def test_a_mutant_is_known_by_its_function_and_its_lines_and_not_by_its_number():
    assert mutants.mutant("provision.plan.x__due__mutmut_7", SHOWN) == ONE
    assert mutants.mutant("provision.plan.x__due__mutmut_9", SHOWN) == ONE


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("provision.plan.x_plan__mutmut_1", "provision.plan.plan"),
        ("provision.marks.xǁCommitǁ__str____mutmut_2", "provision.marks.Commit.__str__"),
    ],
)
def test_functions_and_methods_have_their_own_names(name, function):
    assert mutants.function(name) == function


def test_a_survivor_that_is_explained_is_no_fault():
    assert mutants.compare({ONE}, mutants.explanations(TOLD)) == []


def test_a_survivor_without_an_explanation_is_a_fault():
    assert mutants.compare({ONE}, {}) == [f"survived, and is not explained: {ONE}"]


def test_an_explanation_without_its_survivor_is_a_fault():
    assert mutants.compare(set(), mutants.explanations(TOLD)) == [f"is explained, and did not survive: {ONE}"]


def test_what_was_not_tested_counts_as_survived():
    results = {"provision.plan.x_a__mutmut_1": "no tests", "provision.plan.x_a__mutmut_2": "killed"}
    assert mutants.table(results).splitlines()[2:] == [
        "| provision/plan.py | 2 | 1 | 0 | 1 |",
        "| all | 2 | 1 | 0 | 1 |",
    ]


def test_the_page_gives_each_explanation_with_its_diff():
    page = mutants.page("| a table |", mutants.explanations(TOLD), "abc")
    assert "In `provision.plan._due`: It is never 1.\n\n```diff\n- return now < 1\n+ return now <= 1\n```" in page


def test_the_explanations_that_stand_in_the_docs_can_be_read():
    assert all(reason for reason in mutants.explanations(mutants.EXPLAINED.read_text()).values())
