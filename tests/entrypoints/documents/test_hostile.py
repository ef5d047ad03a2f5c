"""Documents made to cost much are refused for little, in an answer of bounded size."""

import json
import time
from typing import Any

import pytest

from submarine.core.errors import InvalidError
from submarine.entrypoints.documents.experiment import parse_experiment

AFFORDABLE = 3.0  # seconds of processor on a slow machine; each takes under 0.4 on a usual one

HOSTILE: dict[str, dict[str, Any]] = {
    "unknown keys": {f"comm{i}": 1 for i in range(60_000)},
    "unknown keys of a role": {"command": "x", "roles": {"w": {f"repl{i}": 1 for i in range(60_000)}}},
    "tags of the wrong kind": {"command": "x", "tags": [1] * 300_000},
    "packages of the wrong kind": {"command": "x", "environment": {"python": {"packages": [1] * 300_000}}},
    "resources": {"command": "x", "resources": {f"mem{i}": 1 for i in range(60_000)}},
    "mistyped ends": {"command": "x", "retry": {"on": ["lots"] * 100_000}},
    "labels of the wrong kind": {
        "command": "x",
        "placement": {"labels": {f"a{i}": 1 for i in range(60_000)}},
    },
    "roles": {"command": "x", "roles": {f"r{i}": {} for i in range(60_000)}},
    "nearly the right parameters": {
        "command": [f"${{params.parameter-{i}-x}}" for i in range(1000)],
        "params": {f"parameter_{i}": 1 for i in range(500)},
    },
    "parameters that multiply": {
        "command": ["${params.x}" * 10] * 1000,
        "roles": {f"r{i}": {"command": ["${params.x}" * 10] * 400} for i in range(16)},
        "params": {"x": "y" * 6000},
    },
    "quotes": {"command": "${params.x}\"'" * 4500, "params": {"x": 1}},
    "an image that is nearly one": {"command": "x", "environment": {"image": "a-" * 240 + "!"}},
    "a device that is nearly one": {"command": "x", "resources": {"a." * 125 + "!": 1}},
}


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_document_is_refused_cheaply(document: dict[str, Any]) -> None:
    raw = json.dumps(document).encode()
    begin = time.process_time()
    with pytest.raises(InvalidError) as caught:
        parse_experiment(raw, "application/json", ["none"])
    assert time.process_time() - begin < AFFORDABLE
    assert 1 <= len(caught.value.faults) <= 101
    assert len(str(caught.value.faults)) < 50_000


def test_faults_beyond_the_hundredth_are_counted() -> None:
    raw = json.dumps({"command": "x", **{f"x{i}": 1 for i in range(250)}}).encode()
    with pytest.raises(InvalidError) as caught:
        parse_experiment(raw, "application/json", ["none"])
    assert len(caught.value.faults) == 101
    assert caught.value.faults[-1].reason == "there are 150 more faults"
