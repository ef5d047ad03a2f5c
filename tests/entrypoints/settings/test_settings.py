"""What an operator writes, read and judged: every fault at once, with where it was said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from submarine.entrypoints.settings import Settings, SettingsError, check, load
from submarine.plugins.registry import discover


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "submarine.toml"


def _faults(path: Path | None, environ: dict[str, str] | None = None, **overrides: object) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load(path, environ or {}, overrides)
    return {fault.field: f"{fault.reason}; {fault.expected}" for fault in caught.value.faults}


def test_nothing_said_is_a_server_on_this_machine_alone() -> None:
    settings = load(None, {})
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8080)
    assert (settings.records.use, settings.store.use, settings.identity.use) == ("sqlite", "file", "local")
    assert [cluster.name for cluster in settings.clusters] == ["local"]
    assert settings.records.options["path"].endswith("records.db")
    assert not check(settings, discover())


def test_every_fault_of_a_file_is_named_with_its_key(toml: Path) -> None:
    toml.write_text(
        """
        colour = "red"
        [server]
        port = 70000
        hots = "0.0.0.0"
        url = "example.com"
        [limits]
        body = 1
        read_timeout = "soon"
        [log]
        level = "chatty"
        [[clusters]]
        use = "local"
        name = "Not A Label"
        """
    )
    faults = _faults(toml)
    assert set(faults) == {
        "colour",
        "server.port",
        "server.hots",
        "server.url",
        "limits.body",
        "limits.read_timeout",
        "log.level",
        "clusters.0.name",
    }
    assert "65535" in faults["server.port"]
    assert "host" in faults["server.hots"]
    assert "server, records, store, identity" in faults["colour"]
    assert "'debug', 'info', 'warning' or 'error'" in faults["log.level"]
    with pytest.raises(SettingsError, match=f"^{toml}: 8 settings are wrong$"):
        load(toml, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[server]\nport = \n", "line 2"),
        (b"[server\n", "line 1"),
        (b"a = 1\na = 2\n", "line 2"),
        (b'name = "\xff"', "no TOML"),
        (b"[server]\nport = 1\n[server]\nport = 2\n", "line 3"),
    ],
)
def test_what_is_no_toml_is_refused_with_the_line(toml: Path, text: bytes, words: str) -> None:
    toml.write_bytes(text)
    with pytest.raises(SettingsError, match=words) as caught:
        load(toml, {})
    assert str(toml) in str(caught.value)


def test_a_file_that_is_not_there_or_not_readable_is_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingsError, match=str(path)):
            load(path, {})


def test_the_environment_goes_before_the_file_and_the_command_line_before_both(toml: Path) -> None:
    toml.write_text('[server]\nport = 1\nhost = "a"\n[records]\nuse = "sqlite"\npath = "/x"\n')
    environ = {
        "SUBMARINE_SERVER__PORT": "2",
        "SUBMARINE_SERVER__HOST": "b",
        "SUBMARINE_RECORDS__USE": "postgres",
        "SUBMARINE_RECORDS__PASSWORD__FILE": "x",
        "SUBMARINE_URL": "a client's",
        "SUBMARINE_TOKEN": "a client's",
        "SUBMARINE_NOSUCH__KEY": "not a section",
        "OTHER_SERVER__PORT": "9",
    }
    del environ["SUBMARINE_RECORDS__PASSWORD__FILE"]
    settings = load(toml, environ, {"port": 3, "log.level": "debug", "data": Path("/d")})
    assert (settings.server.port, settings.server.host) == (3, "b")
    assert settings.records.use == "postgres"
    assert settings.log.level == "debug"
    assert settings.server.data == Path("/d")


def test_numbers_and_switches_of_the_environment_are_text() -> None:
    environ = {
        "SUBMARINE_SERVER__PORT": "9000",
        "SUBMARINE_SERVER__OPEN_TEAMS": "true",
        "SUBMARINE_LIMITS__RATE": "2.5",
        "SUBMARINE_RECORDS__READERS": "3",
    }
    settings = load(None, environ)
    assert (settings.server.port, settings.server.open_teams, settings.limits.rate) == (9000, True, 2.5)
    assert not check(settings, discover())


@pytest.mark.parametrize("value", ["", "abc", "8080.5", "-1", "99999999999999999999"])
def test_text_that_is_no_port_is_refused_wherever_it_was_said(value: str) -> None:
    assert set(_faults(None, {"SUBMARINE_SERVER__PORT": value})) == {"server.port"}
    assert set(_faults(None, {}, port=value)) == {"server.port"}


def test_options_without_an_adapter_are_the_usual_one_s(toml: Path) -> None:
    toml.write_text('[records]\npath = "/x/y.db"\n')
    records = load(toml, {}).records
    assert (records.use, records.options) == ("sqlite", {"path": "/x/y.db"})


def test_a_key_that_is_a_section_and_a_value_is_refused(toml: Path) -> None:
    toml.write_text('records = "sqlite"\n')
    with pytest.raises(SettingsError, match="records"):
        load(toml, {"SUBMARINE_RECORDS__USE": "memory"})
    with pytest.raises(SettingsError):
        load(toml, {})


def test_secrets_come_from_the_environment_or_a_file(toml: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")
    toml.write_text(
        f"""
        [records]
        use = "postgres"
        password = {{env = "DB_PASSWORD"}}
        user = {{file = "{tmp_path / "secret"}"}}
        """
    )
    options = load(toml, {"DB_PASSWORD": "from-the-environment"}).records.options
    assert options == {"password": "from-the-environment", "user": "from-a-file"}


def test_a_secret_that_is_not_there_is_named_without_its_words(toml: Path, tmp_path: Path) -> None:
    toml.write_text(
        f'[records]\nuse = "postgres"\npassword = {{env = "NO_SUCH"}}\nuser = {{file = "{tmp_path}/none"}}\n'
        "[server]\nport = 99999\n"
    )
    faults = _faults(toml)
    assert set(faults) == {"records.password", "records.user", "server.port"}
    assert "NO_SUCH" in faults["records.password"]


def test_an_unknown_adapter_is_named_with_what_is_on_offer(toml: Path) -> None:
    toml.write_text(
        """
        [records]
        use = "oracle"
        [store]
        use = "floppy"
        [placement]
        policy = "dice"
        [[clusters]]
        name = "a"
        use = "mesos"
        """
    )
    faults = {f.field: f"{f.reason}; {f.expected}" for f in check(load(toml, {}), discover())}
    assert set(faults) == {"records.use", "store.use", "clusters.0 (a).use", "placement.policy"}
    assert "memory, postgres, sqlite" in faults["records.use"]
    assert "file, hdfs, memory" in faults["store.use"]
    assert "local" in faults["clusters.0 (a).use"]
    assert "least-loaded" in faults["placement.policy"]


def test_wrong_options_of_adapters_are_named_under_their_section(toml: Path) -> None:
    toml.write_text(
        """
        [records]
        use = "sqlite"
        reders = 3
        [[clusters]]
        name = "a"
        use = "local"
        nonsense = 1
        """
    )
    faults = {f.field: f"{f.reason}; {f.expected}" for f in check(load(toml, {}), discover())}
    assert set(faults) == {"records.reders", "clusters.0 (a).nonsense"}
    assert "readers" in faults["records.reders"]


def test_two_clusters_of_one_name_are_refused(toml: Path) -> None:
    toml.write_text('[[clusters]]\nname = "a"\nuse = "memory"\n' * 2)
    faults = check(load(toml, {}), discover())
    assert [fault.field for fault in faults] == ["clusters"]
    assert "2 clusters are named 'a'" in faults[0].reason


def test_a_cluster_that_is_switched_off_is_left_out(toml: Path) -> None:
    toml.write_text('[[clusters]]\nname = "a"\nuse = "memory"\nenabled = false\n')
    assert load(toml, {}).clusters == ()


def test_the_shape_of_the_settings_is_described_for_their_reader() -> None:
    def properties(schema: dict[str, Any]) -> list[str]:
        return [key for key, value in schema["properties"].items() if "description" not in value]

    schema = Settings.model_json_schema()
    for name in ("Server", "Placement"):
        assert not properties(schema["$defs"][name])
