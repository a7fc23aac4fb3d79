"""The emulated person at the desk."""

from types import SimpleNamespace

import pytest

from provision.sandbox import person


@pytest.mark.parametrize("data", [{}, {"person": None}, {"person": {"present": False, "password": "p"}}])
def test_nobody_there_means_no_script(data):
    assert person.desk_script(SimpleNamespace(data=data)) == ""


def test_no_password_can_end_the_script():
    world = SimpleNamespace(data={"person": {"present": True, "username": "u", "password": "</script><b>&"}})
    assert person.desk_script(world).count("</script>") == 1


def test_a_page_can_name_another_account():
    world = SimpleNamespace(data={"person": {"present": True, "username": "u", "password": "mine"}})
    script = person.desk_script(world, username="admin", password="other")
    assert '"password": "other"' in script
    assert "mine" not in script
