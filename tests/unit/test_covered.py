"""The table of coverage by folder."""

from scripts.covered import folders, share

FILES = {"provision/a.py": [10, 1, 4, 2], "provision/b.py": [10, 0, 0, 0], "provision/entra/c.py": [5, 5, 0, 0]}


def test_a_folder_is_the_sum_of_its_own_files_and_all_of_all():
    assert folders(FILES) == {"provision/": [20, 1, 4, 2], "provision/entra/": [5, 5, 0, 0], "all": [25, 6, 4, 2]}


def test_branches_count_as_statements_do():
    assert share([10, 1, 4, 2]) == 100 * 11 / 14
    assert share([0, 0, 0, 0]) == 100
