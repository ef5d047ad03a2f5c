"""What other people wrote is shown, and commands no terminal."""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from submarine.entrypoints.cli.log_output import LogOutput
from submarine.entrypoints.cli.screen import escaped
from tests.entrypoints.cli.conftest import Cli, Terminal
from tests.entrypoints.server import Server

EVIL = "\x1b]0;title\x07\x1b]52;c;aGk=\x07\x1b[2J\x1b[1;1H\x9b2J\x7f\b\r\u2028\u202etxt\u200b"
PRINTED = "\x1b]52;c;aGk=\x07\x1b[2J\x1b[8m\x1b[31mred\x1b[0m \x9b2J\u202e 10%\r100%"
HARMFUL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
HARMLESS = re.compile(r"\x1b\[[0-9;:]*[mK]|\x1b\[\?25[hl]")


@pytest.fixture(scope="module")
def hostile(_server: Server) -> Iterator[str]:
    """Have an experiment that says such things wherever it may."""
    headers = {"Authorization": f"Bearer {_server.token}"}
    with httpx.Client(base_url=_server.url, headers=headers, timeout=60) as client:

        def post(path: str, /, **body: object) -> dict[str, str]:
            answer = client.post(f"/api/v1/experiments{path}", json=body)
            assert answer.is_success, answer.text
            return dict(answer.json())

        found = post(
            "",
            name=f"hostile-{uuid.uuid4().hex[:6]}",
            tags=["a\u202eb\u200b"],
            params={"text": EVIL},
            command=["sh", "-c", 'printf "%s\\n" "$0"; exit 3', PRINTED],
        )
        post(f"/{found['id']}/metrics", points=[{"key": "loss\u202e", "value": 1}])
        post(f"/{found['id']}/artifacts", path="a\u202eb", uri="s3://b/a\u202e")
        yield found["name"]


def calm(text: str) -> bool:
    return HARMFUL.search(HARMLESS.sub("", text)) is None


@pytest.mark.parametrize(
    "command",
    [
        ["logs", "-f"],
        ["logs", "--all"],
        ["experiment", "show"],
        ["experiment", "show", "-o", "json"],
        ["experiment", "show", "-o", "yaml"],
        ["explain"],
        ["metrics"],
        ["artifacts", "list", "-o", "wide"],
    ],
)
def test_nothing_of_another_s_commands_the_terminal(
    terminal: Callable[..., Terminal], hostile: str, command: list[str]
) -> None:
    screen = terminal(*command, hostile)
    screen.end()
    assert len(screen.text) > 40
    assert calm(screen.text), repr(screen.text)
    if command[0] == "logs":
        assert "\x1b[31mred\x1b[0m" in screen.text
        assert "10%\r100%" in screen.text
        assert screen.text.count("\x1b[0m") == 2, "the terminal keeps colours that are not its own"


def test_a_file_gets_the_log_byte_by_byte_and_json_says_the_same_in_other_letters(
    server: Server, cli: Cli, hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = json.loads(shown := cli("experiment", "show", hostile, "-o", "json").out)
    assert said["spec"]["params"]["text"] == EVIL
    assert calm(shown)
    said = yaml.safe_load(shown := cli("experiment", "show", hostile, "-o", "yaml").out)
    assert said["spec"]["params"]["text"] == EVIL
    assert calm(shown)
    listed = cli("experiment", "list", "--all", "--filter", f"name = '{hostile}'", "-o", "jsonl").out
    assert json.loads(listed)["tags"] == ["a\u202eb\u200b"]
    assert calm(listed)


@given(st.text())
def test_an_escaped_document_means_what_it_meant(text: str) -> None:
    document = escaped(json.dumps({text: [text]}, ensure_ascii=False))
    assert json.loads(document) == {text: [text]}


class Sink:
    def __init__(self) -> None:
        self.data = b""
        self.buffer = self

    def isatty(self) -> bool:
        return True

    def write(self, data: bytes) -> None:
        self.data += data

    def flush(self) -> None:
        pass


@given(st.text(alphabet="\x1b[]0;1mKPJ\x07\\é\x9b\u202e\n x"), st.integers(1, 9))
@example(PRINTED, 1)
def test_where_a_log_is_cut_into_chunks_does_not_matter(text: str, step: int) -> None:
    data, whole, cut = text.encode(), Sink(), Sink()
    with pytest.MonkeyPatch.context() as patch:
        for sink, size in ((whole, max(len(data), 1)), (cut, step)):
            patch.setattr(sys, "stdout", sink)
            output = LogOutput()
            for start in range(0, len(data), size):
                output.write(data[start : start + size])
            output.close()
    assert whole.data == cut.data
    assert calm(whole.data.decode())
