"""An experiment's spec: its own laws, and the way to its document and back."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submarine.core.errors import InvalidError
from submarine.core.experiments.spec import ExperimentSpec, read_experiment
from submarine.core.jobs.faults import Faults


def read(document: dict[str, Any]) -> ExperimentSpec:
    faults = Faults()
    spec = read_experiment(document, ["pytorch"], faults)
    faults.refuse("the experiment")
    return spec


def test_an_experiment_is_a_job_with_a_name_and_a_place() -> None:
    spec = read(
        {
            "name": "digits",
            "project": "research/vision",
            "description": "数字",
            "tags": ["demo", "数字", "demo"],
            "command": "x",
            "params": {"epochs": 5},
        }
    )
    assert (spec.name, spec.project, spec.description) == ("digits", "research/vision", "数字")
    assert spec.tags == ("demo", "数字")
    assert spec.params == spec.job.params == {"epochs": 5}
    assert spec.document()["kind"] == "experiment"


def test_name_and_project_may_be_left_to_the_server() -> None:
    spec = read({"command": "x"})
    assert (spec.name, spec.project) == (None, None)
    assert {"name", "project", "tags", "description"}.isdisjoint(spec.document())


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InvalidError) as caught:
        read(
            {
                "name": "A",
                "project": "a/b/c",
                "description": "x\0",
                "tags": ["", "ok"],
                "framework": "nope",
                "roles": {"worker": {"replicas": 0}},
            }
        )
    assert [fault.field for fault in caught.value.faults] == [
        "name",
        "project",
        "description",
        "tags.0",
        "roles.worker.replicas",
        "command",
        "framework",
    ]
    assert str(caught.value) == "the experiment is not valid: name: 'A' has upper-case letters (and 6 more)"


@pytest.mark.parametrize(
    ("document", "field", "reason"),
    [
        ({"tags": [str(i) for i in range(51)]}, "tags", "lists 51 tags"),
        ({"description": "x" * 10_001}, "description", "has 10001 characters"),
        ({"description": "\udfff"}, "description", "holds half of a surrogate pair"),
        ({"description": "fine\x1b[2J"}, "description", "holds the control character '\\x1b'"),
        ({"description": "one line\rand over it"}, "description", "holds the control character '\\r'"),
    ],
)
def test_its_own_bounds_are_named(document: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(InvalidError) as caught:
        read({"command": "x"} | document)
    assert [(fault.field, fault.reason) for fault in caught.value.faults] == [(field, reason)]


def test_a_description_may_have_lines_and_tabs() -> None:
    assert read({"command": "x", "description": "one\n\ttwo"}).description == "one\n\ttwo"


_label = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
_text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30)
_plain_text = _text.map(lambda text: text.replace("${", ""))
_scalar = st.one_of(
    _text, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)
)
_command = st.one_of(
    _plain_text.filter(str.strip),
    st.lists(st.one_of(_plain_text, st.integers()), min_size=1, max_size=5).filter(
        lambda w: bool(str(w[0]).strip())
    ),
)
_env = st.dictionaries(st.from_regex(r"[A-RT-Z_][A-Z0-9_]{0,8}", fullmatch=True), _plain_text, max_size=4)
_resources = st.one_of(
    st.sampled_from(["cpu=1,memory=512Mi", "cpu=500m", "memory=1.5Gi,nvidia.com/gpu=1"]),
    st.fixed_dictionaries(
        {}, optional={"cpu": st.integers(0, 64), "memory": st.sampled_from(["1Gi", 2**30])}
    ),
)
_role = st.fixed_dictionaries(
    {},
    optional={
        "replicas": st.integers(1, 100),
        "command": _command,
        "env": _env,
        "resources": _resources,
        "ports": st.dictionaries(_label, st.integers(0, 65_535), max_size=2),
    },
)
_duration = st.one_of(st.integers(1, 3600), st.sampled_from(["30s", "1h", "2.5m", "250ms"]))
documents = st.fixed_dictionaries(
    {"command": _command},
    optional={
        "kind": st.just("experiment"),
        "name": _label,
        "project": st.one_of(_label, st.builds("{}/{}".format, _label, _label)),
        "description": _text,
        "tags": st.lists(_text.filter(lambda t: t == t.strip() != "" and t.isprintable()), max_size=4),
        "framework": st.sampled_from(["none", "pytorch"]),
        "environment": st.sampled_from(
            [{}, {"image": "a/b:1"}, {"python": {"packages": ["a>1"]}}, {"name": "x"}]
        ),
        "code": st.sampled_from(
            [
                {"uri": "s3://a/b.tar.gz"},
                {"git": {"url": "https://a/b"}},
                {"archive": {"digest": "0" * 64, "size": 5}},
            ]
        ),
        "params": st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), _scalar, max_size=4),
        "env": _env,
        "resources": _resources,
        "roles": st.dictionaries(_label, _role, min_size=1, max_size=4),
        "placement": st.sampled_from(
            [{}, {"cluster": "a"}, {"labels": {"z": "a"}, "policy": "p", "options": {"o": [1, "b"]}}]
        ),
        "queue": st.just("root.a"),
        "priority": st.one_of(st.integers(0, 100), st.sampled_from(["low", "normal", "high"])),
        "max_duration": st.integers(1, 10**6),
        "grace": _duration,
        "retry": st.sampled_from([{}, {"limit": 3}, {"on": ["exit:5", "failed"]}]),
        "success": st.sampled_from(["all", "any"]),
    },
)


@settings(max_examples=150, deadline=None)
@given(documents)
def test_a_spec_comes_back_from_its_document_and_from_its_own_laws(document: dict[str, Any]) -> None:
    spec = read(document)
    stored = json.loads(json.dumps(spec.document()))
    assert ExperimentSpec.from_document(stored) == spec
    assert read(stored) == spec
    assert ExperimentSpec.from_document(stored).document() == spec.document() == stored
