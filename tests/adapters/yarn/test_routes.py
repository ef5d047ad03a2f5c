"""Where servers are reached, directly and through a gateway by the rules of Knox' service definitions."""

from __future__ import annotations

from typing import Any, Final

import pytest
from pydantic import ValidationError

from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.routes import Routes

KNOX: Final = "https://knox:8443/gateway/default"
NODE: Final = "http://n1:8042/ws/v1/node/containers/container_1_1_01_000002/logs/stdout.txt"


def config(**more: Any) -> YarnConfig:
    return YarnConfig(name_nodes=("http://nn:9870",), timeline="http://ats:8188", **more)


def test_servers_are_where_they_are() -> None:
    routes = Routes(config(resource_managers=("http://rm1:8088", "http://rm2:8088")))
    assert routes.masters == ("http://rm1:8088", "http://rm2:8088")
    assert routes.hdfs == ("http://nn:9870",)
    assert f"{routes.timeline}/ws/v1" == "http://ats:8188/ws/v1"
    assert str(routes.to(f"{NODE}?size=-7")) == f"{NODE}?size=-7"


def test_all_is_behind_a_gateway() -> None:
    routes = Routes(config(gateway=KNOX))
    assert routes.masters == (f"{KNOX}/yarnuiv2",)
    assert routes.hdfs == (KNOX,)
    assert f"{routes.timeline}/ws/v1" == f"{KNOX}/yarnuiv2/timeline?host=ats&port=8188/ws/v1"


def test_what_a_server_tells_of_another_is_reached_through_the_gateway() -> None:
    routes = Routes(config(gateway=KNOX))
    path = NODE.removeprefix("http://n1:8042")
    found = routes.to(f"{NODE}?size=-7")
    assert str(found) == f"{KNOX}/yarnuiv2/timeline?host=n1&port=8042{path}&size=-7"
    assert str(found.update_query({"user.name": "a b"})) == f"{found}&user.name=a+b"
    assert routes.to(str(found)) == found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "give resource_managers or a gateway"),
        ({"gateway": KNOX, "resource_managers": ("http://rm:8088",)}, "and not both"),
        ({"gateway": KNOX, "act_as": "alice"}, "leave act_as out"),
    ],
)
def test_ways_that_exclude_each_other_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(**given)
