"""Hosts of the clouds are those that Microsoft documents."""

import pytest

from provision.entra import clouds
from provision.errors import UsageError


@pytest.mark.parametrize(
    ("name", "login", "graph"),
    [
        ("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("usgov", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("usgov-dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        ("china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_a_named_cloud_has_its_documented_hosts(name, login, graph):
    cloud = clouds.named(name)
    assert (cloud.name, cloud.login, cloud.graph, cloud.ca) == (name, login, graph, None)
    assert cloud.scope == graph + "/.default"
    assert not cloud.custom
    assert not cloud.loopback


def test_an_unknown_cloud_is_refused_with_the_known_ones():
    with pytest.raises(UsageError) as caught:
        clouds.named("gcc")
    assert "usgov-dod" in caught.value.hint


def test_a_custom_cloud_has_no_trailing_slash_and_knows_that_it_is_local():
    cloud = clouds.custom("https://localhost:1/", "https://127.0.0.1:2/", "ca.pem")
    assert (cloud.login, cloud.graph, cloud.ca) == ("https://localhost:1", "https://127.0.0.1:2", "ca.pem")
    assert cloud.custom
    assert cloud.loopback
    assert not clouds.custom("https://login.example", "https://localhost").loopback


@pytest.mark.parametrize("base", ["http://localhost", "localhost", "https://", "https://u:p@host", "https://h?x=1"])
def test_a_cloud_that_is_not_plain_https_is_refused_and_not_repeated(base):
    with pytest.raises(UsageError) as caught:
        clouds.custom(base, "https://graph.example")
    assert "u:p" not in str(caught.value)
