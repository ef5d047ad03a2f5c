"""Experiments on the command line: submit, look, compare, change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import submarine
from tests.entrypoints.cli.conftest import Cli
from tests.entrypoints.sdk.commands import name, shell


@pytest.fixture
def ended(client: submarine.Client) -> submarine.Experiment:
    return client.experiments.submit(
        shell("echo hello", params={"lr": 0.1}, tags=["t"]), wait=True, timeout=60
    )


def test_a_spec_is_built_from_options(cli: Cli) -> None:
    result = cli(
        "experiment",
        "submit",
        "--name",
        "x",
        "--description",
        "d",
        "--tag",
        "t",
        "-e",
        "A=1=2",
        "-p",
        "lr=0.1",
        "-p",
        "on=yes",
        "-p",
        "n=5",
        "-p",
        "b=true",
        "--resources",
        "cpu=100m",
        "--framework",
        "none",
        "--max-duration",
        "2h",
        "--priority",
        "high",
        "--dry-run",
        "-o",
        "json",
        "--",
        "echo",
        "--name",
        "${params.lr}",
    )
    assert result.code == 0, result.err
    spec = result.json()["experiment"]
    assert spec["command"] == ["echo", "--name", "${params.lr}"] or "0.1" in spec["command"]
    assert spec["params"] == {"lr": 0.1, "on": "yes", "n": 5, "b": True}
    assert spec["env"] == {"A": "1=2"}
    assert (spec["tags"], spec["description"]) == (["t"], "d")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--replicas", "2"], {"roles": {"worker": {"replicas": 2}}}),
        (["--image", "r/i:1"], {"environment": {"image": "r/i:1"}}),
        (["--package", "a", "--package", "b>1"], {"environment": {"python": {"packages": ["a", "b>1"]}}}),
        (["--cluster", "c", "--queue", "q"], {"placement": {"cluster": "c"}, "queue": "q"}),
        (["--priority", "70"], {"priority": 70}),
        (["--code", "."], {"code": {"dir": "."}}),
        (["--project", "t/p"], {"project": "t/p"}),
        (["-e", "HOME"], {}),
    ],
)
def test_each_option_has_its_place_in_the_spec(
    offline: Cli, monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: dict[str, object]
) -> None:
    seen: list[dict[str, object]] = []
    monkeypatch.setattr(
        "submarine.entrypoints.cli.experiment_submit.plan", lambda _c, spec, *_: seen.append(spec)
    )
    assert offline("--url", "http://x", "exp", "submit", *arguments, "--dry-run", "--", "ls").code == 0
    assert seen[0].items() >= {"command": ["ls"], **expected}.items()


def test_a_wrong_spec_names_the_field_and_what_is_right(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("command: [ls]\nroles: {worker: {replicas: 0}}\nnome: x\n")
    result = cli("apply", "-f", str(tmp_path / "s.yaml"))
    assert result.code == 1
    assert "roles.worker.replicas" in result.err
    assert "nome" in result.err
    assert "expected" in result.err
    assert result.err.count("Next step:") == 1


def test_apply_takes_files_stdin_and_several_documents(cli: Cli, tmp_path: Path) -> None:
    a, b, c = name(), name(), name()
    (tmp_path / "s.yaml").write_text(f"name: {a}\ncommand: ['true']\n---\nname: {b}\ncommand: ['true']\n")
    stdin = json.dumps({"name": c, "command": ["true"]}).encode()
    result = cli("apply", "-f", str(tmp_path / "s.yaml"), "-f", "-", "--wait", "-o", "name", stdin=stdin)
    assert result.code == 0, result.err
    assert result.out.split() == [a, b, c]
    assert cli("apply", "-f", "-", stdin=b"").code == 1
    assert "stdin holds no document" in cli("apply", "-f", "-", stdin=b"# nothing").err


def test_apply_sends_the_folder_of_the_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print('from the folder')")
    (tmp_path / "s.yaml").write_text(f"name: {name()}\ncommand: [python3, train.py]\ncode: {{dir: .}}\n")
    planned = cli("apply", "-f", str(tmp_path / "s.yaml"), "--dry-run", "-o", "json")
    assert planned.json()["experiment"]["code"]["archive"]["digest"]
    result = cli("apply", "-f", str(tmp_path / "s.yaml"), "--logs")
    assert result.code == 0, result.err
    assert "from the folder" in result.out


def test_a_dry_run_shows_where_and_why(cli: Cli, tmp_path: Path) -> None:
    result = cli("apply", "-f", "-", "--dry-run", stdin=b"command: [ls]\n")
    assert "would run on:" in result.out
    assert "CLUSTER" in result.out
    assert "Nothing was submitted" in result.err


def test_every_read_has_every_format(cli: Cli, ended: submarine.Experiment) -> None:
    reads = [
        ["experiment", "get", ended.id],
        ["experiment", "list"],
        ["explain", ended.id],
        ["ps", "-a"],
        ["cluster", "list"],
        ["cluster", "get", "local"],
        ["experiment", "events", ended.id],
        ["experiment", "metrics", ended.id],
        ["experiment", "artifacts", "list", ended.id],
        ["experiment", "diff", ended.id, ended.id],
        ["project", "list"],
        ["team", "list"],
        ["user", "list"],
        ["token", "list"],
        ["audit"],
        ["plugin", "list"],
        ["whoami"],
        ["context", "list"],
        ["context", "show"],
        ["team", "members", "default"],
        ["cluster", "orphans", "local"],
        ["project", "get", "default"],
        ["team", "get", "default"],
        ["user", "get", "admin"],
    ]
    for read in reads:
        for output in ("table", "wide", "json", "yaml", "name"):
            result = cli(*read, "-o", output)
            assert result.code == 0, (read, output, result.err)
            if output == "json":
                json.loads(result.out)
            elif output == "yaml":
                yaml.safe_load(result.out)


def test_json_is_what_the_server_says_and_tables_are_for_people(
    cli: Cli, ended: submarine.Experiment
) -> None:
    shown = cli("experiment", "get", ended.id, "-o", "json").json()
    assert shown["created_at"] == ended["created_at"]
    assert shown["spec"]["params"] == {"lr": 0.1}
    table = cli("experiment", "list", "--limit", "1").out.splitlines()
    assert table[0].split()[:2] == ["NAME", "STATE"]
    assert "ago" in table[1]
    lines = cli("experiment", "list", "--limit", "2", "-o", "jsonl").out.splitlines()
    assert json.loads(lines[0])["id"] == ended.id


def test_lists_are_filtered_and_say_when_there_is_more(cli: Cli, client: submarine.Client) -> None:
    tag = name("tag")
    for word in ("one", "it's two"):
        client.experiments.submit(shell("true", tags=[tag], description=word), wait=True, timeout=60)
    both = ["experiment", "list", "--tag", tag]
    assert len(cli(*both, "--state", "succeeded", "--state", "failed", "-o", "name").out.split()) == 2
    assert cli(*both, "--state", "failed").err == "No experiments.\n"
    assert len(cli(*both, "--filter", "name = 'x' or state = 'succeeded'", "-o", "name").out.split()) == 2
    more = cli(*both, "--limit", "1")
    assert len(more.out.splitlines()) == 2
    assert "There are more" in more.err
    assert "There are more" not in cli(*both, "--limit", "2").err
    assert len(cli(*both, "--all", "-o", "jsonl").out.splitlines()) == 2
    wrong = cli("experiment", "list", "--filter", "nonsense = 1")
    assert wrong.code == 1
    assert "nonsense" in wrong.err


def test_ps_shows_what_lives(cli: Cli, client: submarine.Client, ended: submarine.Experiment) -> None:
    live = client.experiments.submit(shell("sleep 60"))
    names = cli("ps", "-o", "name").out.split()
    assert live.name in names
    assert ended.name not in names
    assert ended.name in cli("ps", "-a", "-o", "name").out.split()
    client.experiments.cancel(live)


def test_several_are_cancelled_and_one_mistake_does_not_spare_the_rest(
    cli: Cli, client: submarine.Client
) -> None:
    a, b = (client.experiments.submit(shell("sleep 60")) for _ in range(2))
    result = cli("experiment", "cancel", a.name, "no-such", b.name)
    assert result.code == 1
    assert "no-such" in result.err
    assert {client.experiments.wait(e, timeout=60).state for e in (a, b)} == {"cancelled"}


def test_deleting_needs_an_end(cli: Cli, client: submarine.Client) -> None:
    live = client.experiments.submit(shell("sleep 60"))
    assert cli("experiment", "delete", live.name, "-y").code == 5
    assert cli("experiment", "cancel", live.name, "--wait").code == 103
    assert cli("experiment", "delete", live.name).code == 0
    assert cli("experiment", "get", live.name).code == 1


def test_a_taken_name_is_a_conflict(cli: Cli, client: submarine.Client) -> None:
    live = client.experiments.submit(shell("sleep 60"))
    assert cli("experiment", "submit", "--name", live.name, "--", "true").code == 5
    client.experiments.cancel(live)


def test_rerun_clone_diff_and_tag(cli: Cli, ended: submarine.Experiment) -> None:
    again = cli("experiment", "rerun", ended.id, "--wait", "-o", "json")
    assert again.code == 0, again.err
    assert again.json()["rerun_of"] == ended.id
    other = name()
    cloned = cli(
        "experiment",
        "clone",
        ended.id,
        "--name",
        other,
        "--set",
        "params.lr=0.2",
        "--set",
        "tags=[a, b]",
        "--wait",
    )
    assert cloned.code == 0, cloned.err
    shown = cli("experiment", "get", other, "-o", "json").json()
    assert (shown["params"], shown["tags"]) == ({"lr": 0.2}, ["a", "b"])
    assert "0.2" in cli("experiment", "diff", ended.id, other).out
    assert "They do not differ." in cli("experiment", "diff", ended.id, ended.id).out
    assert cli("experiment", "tag", other, "c", "--remove", "a").code == 0
    assert sorted(cli("experiment", "get", other, "-o", "json").json()["tags"]) == ["b", "c"]


def test_suspend_is_refused_with_a_sentence_where_it_cannot_be(cli: Cli, ended: submarine.Experiment) -> None:
    result = cli("experiment", "suspend", ended.id)
    assert result.code in (1, 5)
    assert result.err.startswith("Error: ")


def test_metrics_are_listed_and_plotted(cli: Cli, client: submarine.Client) -> None:
    found = client.experiments.submit(shell("sleep 60"))
    for step in range(30):
        client.experiments.log_metrics(found, {"loss": 1 / (step + 1), "odd": float("nan")}, step=step)
    assert {m["key"] for m in cli("experiment", "metrics", found.id, "-o", "json").json()} == {"loss", "odd"}
    values = cli("experiment", "metrics", found.id, "loss", "-o", "jsonl").out.splitlines()
    assert [json.loads(v)["step"] for v in values] == list(range(30))
    plot = cli("experiment", "metrics", found.id, "--plot")
    assert plot.code == 0, plot.err
    assert "loss" in plot.out
    assert "1.00" in plot.out
    assert "odd: no values to plot" in plot.out
    assert "\x1b" not in plot.out
    assert cli("experiment", "metrics", found.id, "nothing").code == 1
    client.experiments.cancel(found)


def test_artifacts_go_up_and_come_down(cli: Cli, ended: submarine.Experiment, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\x00\xff")
    artifacts = ["experiment", "artifacts"]
    assert cli(*artifacts, "upload", ended.id, str(tmp_path / "f"), "--as", "a/b").out == "a/b\n"
    assert cli(*artifacts, "list", ended.id, "-o", "name").out == "a/b\n"
    assert cli(*artifacts, "download", ended.id, "a/b", str(tmp_path / "g")).code == 0
    assert (tmp_path / "g").read_bytes() == b"\x00\xff"
    assert cli(*artifacts, "download", ended.id, "nothing", str(tmp_path / "h")).code == 1
    assert not (tmp_path / "h").exists()
    unwritable = cli(*artifacts, "download", ended.id, "a/b", str(tmp_path / "no" / "h"))
    assert unwritable.code == 1
    assert "cannot write" in unwritable.err


def test_explain_tells_the_placement_and_the_story(cli: Cli, ended: submarine.Experiment) -> None:
    told = cli("explain", ended.id).out
    for word in ("succeeded", "Clusters looked at:", "What happened:", "placing", "local"):
        assert word in told
