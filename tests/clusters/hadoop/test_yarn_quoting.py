"""Whatever is in a command or a variable arrives unchanged in containers."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as Step
from hypothesis import strategies as st

from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.stage import Stage
from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Role
from submarine.plugins.registry import discover
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.settings import yarn_options

PATIENCE: Final = 240.0
SIZE: Final = Resources(cpu=10, memory=128 * 2**20)
HOSTILE: Final = (
    *("", " ", "  two  blanks  ", "\t", "\n", "a\nb\n", "\r\n", "'", '"', "'\"'\"'", "`id`", "$(id)"),
    *("$HOME", "${HOME}", "$$", "$1", "\\", "\\\\", "\\n", "a\\", "!!", "#no comment", ";", "&", "|", ">x"),
    *("~", "*", "?", "[a-z]", "{a,b}", "{{CLASSPATH}}", "<CPS>", "<LOG_DIR>", "%s", "%PATH%", "--", "-n"),
    *("=", "${COMPONENT_ID}", "${COMPONENT_INSTANCE_NAME}", "${USER}", "&& exit 1", "\x01\x7f", "ärger"),
    *("日本語", "\N{GRINNING FACE}", "e\u0301", "\u2028", "\ufeff", "\u202e"),
)
"""What shells, YARN and its services would each make something else of."""
TEXTS: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
NAMES: Final = st.from_regex(r"X_[A-Za-z0-9_]{1,12}", fullmatch=True)
ECHO: Final = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))"

many = settings(
    max_examples=1,
    deadline=None,
    database=None,
    phases=[Step.generate],  # an example is an application: it is not made smaller
    suppress_health_check=list(HealthCheck),
)
words = st.lists(TEXTS, min_size=100, max_size=200)
variables = st.dictionaries(NAMES, TEXTS, min_size=50, max_size=100)


@many
@given(said=st.lists(words, min_size=3, max_size=3), env=st.lists(variables, min_size=3, max_size=3))
def test_commands_and_variables_arrive_unchanged_in_each_role(
    plain_hadoop: HadoopCluster, said: list[list[str]], env: list[dict[str, str]]
) -> None:
    sent = [[*HOSTILE, *texts] for texts in said]
    around = [{**{f"HOSTILE_{n}": text for n, text in enumerate(HOSTILE)}, **texts} for texts in env]
    roles = [_echo(f"role-{number}", sent[number], around[number]) for number in range(3)]
    heard = asyncio.run(_told(yarn_options(plain_hadoop, "alice"), roles))
    assert [found[0] for found in heard] == sent
    for found, expected in zip(heard, around, strict=True):
        assert {name: found[1].get(name) for name in expected} == expected


def test_a_node_without_python_is_the_reason(plain_hadoop: HadoopCluster) -> None:
    options = yarn_options(plain_hadoop, "alice", python=["/no/such/python3"])
    found = asyncio.run(_ended(options, _echo("worker", [], {})))
    assert (found.phase, found.reason) == (Phase.FAILED, "no-python")


def _echo(name: str, said: Sequence[str], env: Mapping[str, str]) -> Role:
    command = (sys.executable, "-I", "-S", "-c", ECHO, *said)
    return Role(name=name, replicas=1, command=command, env=env, resources=SIZE)


async def _told(options: Mapping[str, Any], roles: Sequence[Role]) -> list[Any]:
    """Return what the replicas of one workload printed, role by role."""
    async with discover().open(RUNTIME, "yarn", options) as runtime:
        stage = Stage(runtime, Programs(), SIZE, PATIENCE)
        try:
            handle = await stage.submit(*roles)
            await stage.phase(handle, Phase.SUCCEEDED)
            return [json.loads(await stage.text(handle, role.name)) for role in roles]
        finally:
            await stage.clear()


async def _ended(options: Mapping[str, Any], role: Role) -> Observation:
    async with discover().open(RUNTIME, "yarn", options) as runtime:
        stage = Stage(runtime, Programs(), SIZE, PATIENCE)
        try:
            return await stage.ended(await stage.submit(role))
        finally:
            await stage.clear()
