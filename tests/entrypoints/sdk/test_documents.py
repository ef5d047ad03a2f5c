"""What the server sent, as attributes and as it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from submarine.entrypoints.sdk.values import Experiment

DATA = {
    "id": "1", "name": "x", "state": "running", "created_at": "2026-11-24T04:00:00.123Z", "ended_at": None,
    "replicas": [{"role": "worker", "index": 0, "started_at": "2026-11-24T04:00:00Z"}], "invented_later": 5,
}  # fmt: skip


def test_times_are_datetimes_as_attributes_and_text_as_items() -> None:
    found = Experiment(DATA)
    assert found.created_at == datetime(2026, 11, 24, 4, 0, 0, 123000, UTC)
    assert found["created_at"] == "2026-11-24T04:00:00.123Z"
    assert found.ended_at is None
    assert found.replicas[0].started_at is not None


def test_members_of_a_later_server_are_there() -> None:
    assert Experiment(DATA)["invented_later"] == 5
    assert Experiment(DATA).invented_later == 5


def test_a_member_that_was_not_asked_for_is_named() -> None:
    with pytest.raises(AttributeError, match=r"sent without 'spec'; it has .*replicas"):
        _ = Experiment(DATA).spec


def test_the_document_is_a_mapping_and_a_copy() -> None:
    found = Experiment(DATA)
    found.to_dict()["name"] = "y"
    assert found.name == "x"
    assert dict(found) == DATA
    assert repr(found) == "Experiment(id='1', name='x', state='running')"


def test_an_answer_that_is_no_object_is_an_empty_document() -> None:
    assert len(Experiment.of(None)) == len(Experiment.of([1])) == 0


def test_a_state_is_final_or_not() -> None:
    assert not Experiment(DATA).ended
    assert Experiment({**DATA, "state": "lost"}).ended
