"""The bundled policies keep every promise of a policy."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from typing_extensions import override

from submarine.contracts.placement import PlacementContract


class TestLeastLoaded(PlacementContract):
    policy = "least-loaded"


class TestSpread(PlacementContract):
    policy = "spread"


class TestOrderedPreference(PlacementContract):
    policy = "ordered-preference"


class TestOrderedPreferenceOfTheSpec(PlacementContract):
    policy = "ordered-preference"

    @override
    @pytest.fixture
    def options(self) -> Mapping[str, object]:
        return {"order": ["devices", "unheard-of", "big", "devices"]}

    @override
    @pytest.fixture(params=["big", 7, [], [1], {"big": 1}], ids=repr)
    def bad_options(self, request: pytest.FixtureRequest) -> Mapping[str, object]:
        return {"order": request.param}
