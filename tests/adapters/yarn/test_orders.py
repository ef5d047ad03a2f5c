"""What a launcher reads from the names in its attempt's folder."""

from __future__ import annotations

from typing import cast

import pytest

from submarine.adapters.yarn.launcher.orders import Orders
from submarine.adapters.yarn.launcher.staging import Staging

OLDER, OWN, NEWER = (f"container_1_0001_0{attempt}_000002" for attempt in (1, 2, 3))


@pytest.mark.parametrize(
    ("name", "begun"),
    [
        (f"run.worker-0.{OLDER}", True),
        (f"run.worker-0.{OWN}", False),
        (f"run.worker-0.{NEWER}", False),
        (f"run.worker-1.{OLDER}", False),
        (f"end.worker-1.{OLDER}", False),
        ("plan.json", False),
    ],
)
def test_what_an_older_container_began_is_not_begun_again(name: str, begun: bool) -> None:
    orders = Orders(cast("Staging", None), "worker-0", OWN, 5.0)
    assert orders.begun({name: 1}) is begun
