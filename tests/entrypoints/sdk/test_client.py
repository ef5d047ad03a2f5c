"""The client against a server: every group of calls, blocking and not."""

from __future__ import annotations

import asyncio
import math
import os
from pathlib import Path

import pytest

import submarine
from submarine.entrypoints.sdk.errors import (
    Conflict,
    Invalid,
    NotFound,
    SpecError,
    Unauthenticated,
    WaitTimeout,
)
from tests.entrypoints.sdk.commands import name, shell
from tests.entrypoints.server import Server


def test_an_experiment_is_submitted_and_waited_for(client: submarine.Client) -> None:
    spec = shell("exit 3", params={"lr": 0.1}, tags=["a"])
    found = client.experiments.submit(spec, wait=True, timeout=60)
    assert (found.state, found.exit_code, found.params, found.tags) == ("failed", 3, {"lr": 0.1}, ["a"])
    assert client.experiments.get(found.id).name == spec["name"]
    assert client.experiments.get(spec["name"]).id == found.id


def test_a_wait_that_is_over_leaves_the_experiment_alone(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("sleep 60"))
    with pytest.raises(WaitTimeout, match="still"):
        client.experiments.wait(found, timeout=0.2)
    assert not client.experiments.get(found.id).ended
    client.experiments.cancel(found)
    assert client.experiments.wait(found, timeout=60).state == "cancelled"
    assert client.experiments.cancel(found).state == "cancelled"


def test_a_dry_run_changes_nothing(client: submarine.Client) -> None:
    spec = shell("true")
    plan = client.experiments.submit(spec, dry_run=True)
    assert plan.cluster is not None
    assert plan.placement.candidates[0].cluster
    with pytest.raises(NotFound):
        client.experiments.get(spec["name"])


def test_a_wrong_spec_names_every_field(client: submarine.Client) -> None:
    with pytest.raises(Invalid) as raised:
        client.experiments.submit({"commnd": ["ls"], "nome": "x"})
    assert {"commnd", "nome"} <= {e.field for e in raised.value.errors}
    assert raised.value.request_id


def test_a_live_name_is_a_conflict(client: submarine.Client) -> None:
    spec = shell("sleep 60")
    found = client.experiments.submit(spec)
    with pytest.raises(Conflict, match=spec["name"]):
        client.experiments.submit(spec)
    with pytest.raises(Conflict):
        client.experiments.delete(found)
    client.experiments.cancel(found)


def test_lists_page_by_themselves(client: submarine.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [client.experiments.submit(shell("true")).id for _ in range(5)]
    monkeypatch.setattr("submarine.entrypoints.sdk.sync.namespace.LARGEST_PAGE", 2)
    assert [e.id for e in client.experiments.list(limit=5)] == made[::-1]
    assert {e.id for e in client.experiments.list()} >= set(made)
    assert list(next(iter(client.experiments.list(fields=["id"])))) == ["id"]


def test_a_wrong_filter_is_an_error_at_the_first_item(client: submarine.Client) -> None:
    with pytest.raises(Invalid, match="nonsense"):
        next(client.experiments.list(filter="nonsense = 1"))


def test_rerun_clone_and_diff(client: submarine.Client) -> None:
    first = client.experiments.submit(shell("true", params={"lr": 0.1}), wait=True, timeout=60)
    again = client.experiments.rerun(first)
    assert again.rerun_of == first.id
    other = client.experiments.clone(first, {"params": {"lr": 0.2}, "name": name()})
    changes = {c["path"]: (c["a"], c["b"]) for c in client.experiments.diff(first, other).params}
    assert list(changes.values()) == [(0.1, 0.2)]


def test_explain_and_events_tell_the_same_story(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("true"), wait=True, timeout=60)
    told = client.experiments.explain(found)
    assert told.placement is not None
    assert told.placement.chosen == found.cluster
    states = [c.state for c in told.history]
    assert states[-1] == "succeeded"
    assert [e.state for e in client.experiments.events(found) if e.type == "state"] == states


def test_metrics_params_and_tags_from_outside(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("sleep 60"))
    assert client.experiments.log_metrics(found, {"loss": 0.5, "odd": float("nan")}, step=1) == 2
    client.experiments.log_metrics(found, {"loss": 0.25}, step=2)
    newest = {m.key: m for m in client.experiments.metrics(found)}
    assert (newest["loss"].value, newest["loss"].step, newest["loss"].count) == (0.25, 2, 2)
    assert math.isnan(newest["odd"].value)
    assert newest["odd"]["value"] == "NaN"
    assert [(p.step, p.value) for p in client.experiments.metric(found, "loss")] == [(1, 0.5), (2, 0.25)]
    client.experiments.log_params(found, {"seed": 1})
    client.experiments.log_params(found, {"seed": 1})
    with pytest.raises(Conflict):
        client.experiments.log_params(found, {"seed": 2})
    assert client.experiments.tag(found, ["a", "b"]) == ["a", "b"]
    assert client.experiments.tag(found, remove=["a"]) == ["b"]
    client.experiments.cancel(found)


def test_a_batch_that_was_seen_is_not_counted_twice(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("sleep 60"))
    points = [{"key": "loss", "value": 1.0}]
    assert client.experiments.log_points(found, points, writer="w", sequence=1) == 1
    assert client.experiments.log_points(found, points, writer="w", sequence=1) == 0
    client.experiments.cancel(found)


def test_artifacts_go_up_and_come_down(client: submarine.Client, tmp_path: Path) -> None:
    found = client.experiments.submit(shell("true"), wait=True, timeout=60)
    source = tmp_path / "weights.bin"
    source.write_bytes(os.urandom(3 << 20))
    stored = client.experiments.artifacts.upload(found, source, "model/weights é.bin")
    assert (stored.path, stored.size) == ("model/weights é.bin", 3 << 20)
    target = client.experiments.artifacts.download(found, "model/weights é.bin", tmp_path)
    assert target == tmp_path / "weights é.bin"
    assert target.read_bytes() == source.read_bytes()
    client.experiments.artifacts.register(found, "elsewhere", "s3://bucket/key")
    assert {a.path for a in client.experiments.artifacts.list(found)} == {"model/weights é.bin", "elsewhere"}


def test_a_download_that_fails_leaves_nothing(client: submarine.Client, tmp_path: Path) -> None:
    found = client.experiments.submit(shell("true"))
    with pytest.raises(NotFound):
        client.experiments.artifacts.download(found, "nothing", tmp_path)
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "config"])


def test_code_is_sent_once_and_runs(client: submarine.Client, tmp_path: Path) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "train.py").write_text("print('hello')\n")
    (folder / "spec.yaml").write_text(f"name: {name()}\ncommand: [sh, -c, 'true']\ncode: {{dir: .}}\n")
    found = client.experiments.submit(folder / "spec.yaml")
    archive = client.experiments.get(found.id).spec["code"]["archive"]
    assert archive["size"] > 0
    again = client.experiments.submit({**shell("true"), "code": {"dir": "code"}}, base=tmp_path)
    assert client.experiments.get(again.id).spec["code"]["archive"]["digest"] == archive["digest"]


def test_code_that_is_not_there_is_refused_here(client: submarine.Client, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not a folder"):
        client.experiments.submit({**shell("true"), "code": {"dir": "no"}}, base=tmp_path)
    with pytest.raises(SpecError, match="not text"):
        client.experiments.submit({**shell("true"), "code": {"dir": 5}}, base=tmp_path)


def test_administration(client: submarine.Client) -> None:
    team, user = name("team"), name("user")
    client.teams.create(team, description="d")
    client.users.create(user, password="correct horse battery", email="a@example.org")
    client.teams.set_member(team, user, "viewer")
    assert (user, "viewer") in {(m.user, m.role) for m in client.teams.members(team)}
    project = client.projects.create("vision", team=team)
    assert client.projects.get(f"{team}/vision").id == project.id
    assert client.projects.update(project.ref, description="new").description == "new"
    client.projects.delete(project.ref)
    client.teams.remove_member(team, user)
    client.teams.delete(team)
    assert client.users.update(user, disabled=True).disabled
    client.users.delete(user)
    with pytest.raises(NotFound):
        client.users.get(user)


def test_tokens_let_in_until_they_are_revoked(server: Server, client: submarine.Client) -> None:
    made = client.tokens.create(name("token"), expires_in="30d")
    with submarine.Client(server.url, made.token) as other:
        assert other.me().name == client.me().name
        client.tokens.delete(made.id)
        with pytest.raises(Unauthenticated, match="submarine login"):
            other.me()


def test_clusters_can_be_drained(client: submarine.Client) -> None:
    cluster = next(client.clusters.list()).name
    assert client.clusters.drain(cluster).health == "draining"
    assert client.clusters.resume(cluster).health == "ok"
    with pytest.raises(NotFound):
        client.clusters.get("nowhere")


def test_the_server_tells_of_itself(client: submarine.Client) -> None:
    assert client.server_info().api == "v1"
    assert client.plugins()["items"]
    assert next(client.audit(limit=1)).action


def test_the_asynchronous_client_does_the_same(server: Server) -> None:
    async def scenario() -> None:
        async with submarine.AsyncClient(server.url, server.token) as client:
            found, other = await asyncio.gather(
                client.experiments.submit(shell("echo a; sleep 0.3; echo b")),
                client.experiments.submit(shell("true")),
            )
            log = b"".join([chunk async for chunk in client.experiments.logs(found, follow=True)])
            assert log == b"a\nb\n"
            assert (await client.experiments.wait(found, timeout=60)).state == "succeeded"
            assert [e.state async for e in client.experiments.watch(other)][-1] == "succeeded"
            assert len([e async for e in client.experiments.list(limit=2)]) == 2

    asyncio.run(scenario())
