"""``submarine plugin test`` on what is installed here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from submarine.entrypoints.cli.root import cli
from tests.plugins.packages import Install, install

__all__ = ["install"]


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["plugin", "test", *words])


def test_a_store_keeps_its_promises_in_a_folder_made_for_it() -> None:
    told = json.loads(run("file", "-k", "empty or whole", "-o", "json").stdout)
    assert told["broken"] == told["not-applicable"] == 0
    assert told["kept"] == len(told["promises"]) > 0


def test_records_keep_their_promises_in_a_file_made_for_them() -> None:
    told = json.loads(run("sqlite", "-k", "lease or version", "-o", "json").stdout)
    assert (told["kind"], told["broken"], told["not-applicable"]) == ("records", 0, 0)
    assert told["kept"] == len(told["promises"]) > 5


def test_a_table_says_each_promise_in_words() -> None:
    result = run("least-loaded", "-k", "name or reason")
    assert "kept     it goes by its name" in result.stdout
    assert result.stdout.endswith("policy least-loaded: 2 kept.\n")


def test_a_broken_promise_is_named_with_what_was_seen() -> None:
    # the double of the object store forgets, and does not hide it
    result = run("memory", "--kind", "object-store", "-k", "outlive")
    assert "broken   objects outlive the adapter  " in result.stdout
    assert result.exit_code == 1 or result.exception is not None


def test_an_unknown_name_is_told_what_is_near() -> None:
    result = run("least-loadad")
    assert (result.exit_code, "did you mean least-loaded?" in result.output) == (2, True)


def test_a_name_of_several_things_needs_its_kind() -> None:
    result = run("memory")
    assert result.exit_code == 2
    assert "give --kind: one of identity, object-store, records, runtime" in result.output


def test_wrong_options_are_named_before_anything_is_opened() -> None:
    result = run("local", "--kind", "runtime", "--option", "colour=red")
    assert result.exit_code == 2
    assert "colour" in result.output


def test_options_come_from_the_settings_of_a_server(tmp_path: Path) -> None:
    config = tmp_path / "submarine.toml"
    config.write_text(f'[store]\nuse = "file"\nroot = "{tmp_path / "objects"}"\n')
    result = run("file", "--config", str(config), "-k", "whole")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "objects").is_dir()


def test_settings_that_do_not_use_it_are_refused(tmp_path: Path) -> None:
    config = tmp_path / "submarine.toml"
    config.write_text("")
    result = run("memory", "--kind", "object-store", "--config", str(config))
    assert result.exit_code == 2
    assert "uses no object-store 'memory'" in result.output


def test_a_plugin_that_ends_the_run_is_not_green(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(
        "quitter",
        """
class Quitter(Nearest):
    \"\"\"Ends whatever runs it.\"\"\"

    def rank(self, request, candidates):
        import os
        os._exit(0)

@hookimpl
def submarine_policies():
    yield Quitter("quitter")
""",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site-quitter"))
    result = run("quitter")
    assert result.exit_code == 1 or result.exception is not None
    assert "the process that tried it ended too early, with exit code 0" in result.stdout
    assert result.stdout.endswith("policy quitter: 1 kept, 1 broken.\n")
