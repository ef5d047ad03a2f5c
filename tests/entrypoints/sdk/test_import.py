"""Importing costs next to nothing, and a job imports the standard library only."""

from __future__ import annotations

import subprocess
import sys

import pytest

import submarine


def loaded(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(*(m.split('.')[0] for m in sys.modules))"
    return set(
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout.split()
    )


def test_a_job_imports_nothing_but_the_standard_library() -> None:
    ours = loaded(
        "import submarine\nsubmarine.log_metric, submarine.log_artifact, submarine.current_experiment()"
    )
    before = loaded("")
    assert ours - before - set(sys.stdlib_module_names) == {"submarine"}


def test_every_public_name_can_be_had() -> None:
    for name in dir(submarine):
        assert getattr(submarine, name) is not None


def test_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'log_metrik'; it has .*log_metric"):
        submarine.log_metrik  # noqa: B018
