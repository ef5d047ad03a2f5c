"""Whatever is in a command or a variable arrives unchanged: bash itself is asked."""

from __future__ import annotations

import json
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from submarine.adapters.yarn.script import refusing, running, script
from submarine.core.workloads.workload import Role

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True).filter(
    lambda n: n not in {"PATH", "_"}
)
ECHO = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))"


def shell(text: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash"], input=text, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **env},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(words=st.lists(TEXTS, max_size=4), env=st.dictionaries(NAMES, TEXTS, max_size=4))
def test_commands_and_variables_arrive_unchanged(words: list[str], env: dict[str, str]) -> None:
    command = (sys.executable, "-I", "-S", "-c", ECHO, *words)
    done = shell(running(command, env), SUBMARINE_ROLE="worker", SUBMARINE_INDEX="3")
    heard, around = json.loads(done.stdout)
    assert heard == words
    assert {name: around[name] for name in env} == env
    assert around["SUBMARINE_REPLICA"] == "worker-3"


def test_a_node_without_python_runs_the_bare_command() -> None:
    role = Role(name="worker", replicas=1, command=("echo", "a 'b' $HOME"))
    said = script("sub-x-1", role, ["/nowhere/python3"], {"A": "1"})
    assert shell(said, SUBMARINE_ROLE="worker", SUBMARINE_INDEX="0").stdout == "a 'b' $HOME\n"


def test_what_needs_a_launcher_says_so_on_a_node_without_python() -> None:
    role = Role(name="worker", replicas=2, command=("true",))
    done = shell(script("sub-x-1", role, ["/nowhere"], {}, bare="its replicas could not find each other"))
    assert (done.returncode, "could not find each other" in done.stdout) == (126, True)
    assert "it's" in shell(refusing("it's so")).stdout
