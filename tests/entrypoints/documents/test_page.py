"""The page about the spec says what is so."""

import re
from pathlib import Path

import pytest

from submarine.core.errors import InvalidError
from submarine.core.experiments.spec import DESCRIPTION, TAGS
from submarine.core.jobs.environment import PACKAGES
from submarine.core.jobs.interpolation import TEXT
from submarine.core.jobs.names import NAME_LENGTH, ROLE_LENGTH, TAG_LENGTH
from submarine.core.jobs.reading import PARAM_LENGTH, PARAMS
from submarine.core.jobs.retry import LIMIT, WORDS
from submarine.core.jobs.roles import REPLICAS, REPLICAS_TOGETHER, ROLES, VARIABLES
from submarine.core.jobs.roles import WORDS as COMMAND_WORDS
from submarine.entrypoints.documents.experiment import parse_experiment, read_experiment
from submarine.entrypoints.documents.loading import SIZE
from submarine.entrypoints.documents.models import ExperimentDocument
from submarine.entrypoints.documents.plain_yaml import DEPTH, NODES

PAGE = (Path(__file__).parents[3] / "docs/reference/spec.md").read_text()
FRAMEWORKS = ["none", "pytorch", "tensorflow", "xgboost"]

EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
LIMITS = {
    "bytes of a document": SIZE,
    "levels": DEPTH,
    "values, those behind aliases counted each time": NODES,
    "characters of a name": NAME_LENGTH,
    "characters of a role's name": ROLE_LENGTH,
    "roles": ROLES,
    "replicas of a role": REPLICAS,
    "replicas together": REPLICAS_TOGETHER,
    "tags": TAGS,
    "characters of a tag": TAG_LENGTH,
    "characters of a description": DESCRIPTION,
    "parameters": PARAMS,
    "characters of a parameter": PARAM_LENGTH,
    "environment variables": VARIABLES,
    "words of a command": COMMAND_WORDS,
    "characters of a word or a variable, parameters filled in": TEXT,
    "packages": PACKAGES,
    "further attempts": LIMIT,
}


def table(heading: str) -> list[list[str]]:
    """Return the cells of the first table below *heading*, without its head."""
    lines = PAGE.partition(f"\n## {heading}\n")[2].split("\n## ")[0].splitlines()
    rows = [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in lines if line.startswith("|")]
    return rows[2:]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_an_experiment(example: str) -> None:
    spec = parse_experiment(example.encode(), "application/yaml", FRAMEWORKS)
    assert read_experiment(spec.document(), FRAMEWORKS) == spec


def test_the_page_has_examples_and_refusals() -> None:
    assert len(EXAMPLES) >= 15
    assert len(table("What is refused")) >= 8


@pytest.mark.parametrize(("document", "field", "reason", "expected"), table("What is refused"))
def test_every_refusal_is_as_told(document: str, field: str, reason: str, expected: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_experiment(document.strip("`").encode(), "application/yaml", FRAMEWORKS)
    (fault,) = caught.value.faults
    assert (fault.field, fault.reason) == (field.strip("`"), reason)
    assert fault.expected == expected or (expected.endswith("…") and fault.expected.startswith(expected[:-1]))


def test_every_limit_is_as_told() -> None:
    assert {what: int(most) for what, most in table("Limits")} == LIMITS


def test_every_key_is_told() -> None:
    assert [row[0].strip("`") for row in table("Keys")] == [
        *("kind", "name", "project", "description", "tags"),
        *(
            key
            for key in ExperimentDocument.model_fields
            if key not in {"kind", "name", "project", "description", "tags"}
        ),
    ]


def test_every_reason_to_retry_is_told() -> None:
    assert {row[0].strip("`") for row in table("Retry")} == {*WORDS, "exit:N"}
