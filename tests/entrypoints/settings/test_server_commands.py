"""``submarine server check`` and ``start``, as an operator meets them: words and exit codes."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from submarine.adapters.sql.migrations import migrate
from submarine.adapters.sql.scripts import Script, bundled
from submarine.adapters.sql.sqlite import open_sqlite
from submarine.core.errors import AdapterError, ConflictError
from submarine.entrypoints import serve
from submarine.entrypoints.data_folder import DataFolder


@pytest.fixture(autouse=True)
def _no_settings_of_the_tester(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("SUBMARINE_"):
            monkeypatch.delenv(name)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUBMARINE_")}
    return subprocess.run(
        [sys.executable, "-m", "submarine.entrypoints.cli", "server", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )


def test_good_settings_are_said_to_be_good(tmp_path: Path) -> None:
    config = tmp_path / "submarine.toml"
    config.write_text('[[clusters]]\nname = "a"\nuse = "memory"\n')
    done = _run("check", "--config", str(config))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "the settings are good: records sqlite, clusters a\n"


def test_clusters_are_asked_whether_they_take_jobs(tmp_path: Path) -> None:
    config = tmp_path / "submarine.toml"
    away = 'name = "b"\nuse = "yarn"\nresource_managers = ["http://127.0.0.1:1"]\n'
    away += 'name_nodes = ["http://127.0.0.1:1"]\n'
    config.write_text(f'[[clusters]]\nname = "a"\nuse = "memory"\n[[clusters]]\n{away}')
    done = _run("check", "--clusters", "--config", str(config))
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == ["cluster a answers: jobs can run there"]
    assert done.stderr.startswith("error: cluster b does not answer: the ResourceManager is not available: ")


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "submarine.toml"
    config.write_text("[server]\nport = 99999\n[limits]\nbody = 0\n")
    assert serve.check(config) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert said[0].startswith("server.port: ")
    assert said[1].startswith("limits.body: ")
    assert said[2] == f"error: {config}: 2 settings are wrong"


def test_what_only_plugins_can_judge_is_said_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "submarine.toml"
    config.write_text('[records]\nuse = "oracle"\n[store]\nuse = "floppy"\n')
    assert serve.check(config) == 1
    said = capsys.readouterr().err
    assert "records.use: " in said
    assert "store.use: " in said
    assert "sqlite" in said
    assert serve.start(config, {"data": tmp_path / "data"}) == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("text", ["[server\n", "port 8080"])
def test_a_file_that_is_no_toml_is_one_sentence(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "submarine.toml"
    config.write_text(text)
    assert serve.check(config) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {config} is no TOML: ")
    assert "line 1" in said
    assert said.count("\n") == 1


def test_a_file_that_is_not_there_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve.check(tmp_path / "none.toml") == 1
    said = capsys.readouterr().err
    assert f"there is no file {tmp_path}/none.toml" in said
    assert "Traceback" not in said


def test_a_port_in_use_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _run("start", "--port", str(port), "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    error = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(error) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in error[0]
    assert "Traceback" not in done.stderr


def test_two_servers_on_one_data_folder_are_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = DataFolder(tmp_path / "data")
    with folder.held():
        assert serve.start(None, {"data": tmp_path / "data", "port": 0}) == 1
        assert capsys.readouterr().err == (
            f"error: another server uses the data folder {tmp_path}/data; stop it, or give this one its own\n"
        )
        with pytest.raises(ConflictError), DataFolder(tmp_path / "data").held():
            pass
    with folder.held():  # and it is free again
        pass


def test_a_data_folder_is_for_its_owner_alone_and_keeps_what_it_made(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "deep" / "data")
    with folder.held():
        assert folder.path.stat().st_mode & 0o777 == 0o700
        secret, owner = folder.secret(), folder.owner()
        assert len(secret) == 32
        assert (DataFolder(folder.path).secret(), DataFolder(folder.path).owner()) == (secret, owner)
        kept = folder.keep_admin_token("sub_x")
        folder.announce("http://127.0.0.1:1")
        for path in (kept, folder.path / "server.key", folder.path / "server.json"):
            assert path.stat().st_mode & 0o777 == 0o600, path
        folder.silence()
        folder.silence()
        assert sorted(p.name for p in folder.path.iterdir()) == [
            "admin-token",
            "server.id",
            "server.key",
            "server.lock",
        ]


def test_a_data_folder_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(AdapterError, match=r"the data folder .* cannot be written"),
        DataFolder(tmp_path / "file" / "x").held(),
    ):
        pass


@pytest.mark.parametrize("command", ["start", "migrate"])
def test_a_schema_of_a_newer_version_is_refused_in_one_sentence(command: str, tmp_path: Path) -> None:
    newer = Script(len(bundled()) + 1, "9999_newer.sql", "create table newer (a integer);")
    file = tmp_path / "data" / "records.db"
    file.parent.mkdir(mode=0o700)
    asyncio.run(_made_by(file, [*bundled(), newer]))
    config = tmp_path / "submarine.toml"
    config.write_text(
        f'[records]\nuse = "sqlite"\npath = "{file}"\n[server]\ndata = "{file.parent}"\nport = 0\n'
    )
    done = _run(command, "--config", str(config))
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("error:")] == [
        (
            f"error: the database's schema has number {newer.number}, this server knows {newer.number - 1}: "
            "it needs a newer server"
        )
    ]
    assert "Traceback" not in done.stdout + done.stderr
    assert "listens" not in done.stdout


async def _made_by(file: Path, scripts: Sequence[Script]) -> None:
    async with open_sqlite(file, readers=1) as database:
        await migrate(database, scripts)


@pytest.mark.parametrize("word", ["novalue", "=x", "server.port"])
def test_a_setting_that_is_no_pair_is_a_wrong_use(word: str) -> None:
    done = _run("start", "--set", word)
    assert done.returncode == 2
    assert "is not KEY=VALUE" in done.stderr


def test_a_setting_of_the_command_line_that_nobody_knows_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.start(None, {"server.colour": "red", "data": tmp_path}) == 1
    assert "server.colour: unknown key; expected one of host, port" in capsys.readouterr().err
