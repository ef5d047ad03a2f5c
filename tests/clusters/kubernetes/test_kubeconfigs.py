"""What a kubeconfig may say is understood: other contexts, and programs that give tokens."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.kinds import NAMESPACES
from submarine.core.errors import AdapterError, UnavailableError

GIVES = """
import json, pathlib, sys
tokens = pathlib.Path(sys.argv[1])
first, *rest = tokens.read_text().split()
tokens.write_text("\\n".join(rest or [first]))
said = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
print(json.dumps(said | {"status": {"token": first}}))
"""
NOWHERE = "https://127.0.0.1:9"


async def test_a_context_is_taken_by_its_name(server_kubeconfig: Path, namespace: str) -> None:
    document = yaml.safe_load(server_kubeconfig.read_text())
    (good,), (cluster,) = document["contexts"], document["clusters"]
    elsewhere = copy.deepcopy(cluster) | {"name": "elsewhere"}
    elsewhere["cluster"]["server"] = NOWHERE
    document["clusters"].append(elsewhere)
    other = copy.deepcopy(good) | {"name": "other"}
    other["context"]["cluster"] = "elsewhere"
    document["contexts"].append(other)
    server_kubeconfig.write_text(yaml.safe_dump(document | {"current-context": "other"}))
    assert await _uid(server_kubeconfig, namespace, context=good["name"])
    with pytest.raises(UnavailableError, match=NOWHERE):
        await _uid(server_kubeconfig, namespace)
    with pytest.raises(AdapterError, match="nobody"):
        await _uid(server_kubeconfig, namespace, context="nobody")


async def test_a_program_gives_the_token_and_another_when_it_is_refused(
    server_kubeconfig: Path, namespace: str, tmp_path: Path
) -> None:
    document = yaml.safe_load(server_kubeconfig.read_text())
    good = document["users"][0]["user"]["token"]
    tokens = tmp_path / "tokens"
    tokens.write_text(f"old\n{good}")
    _give(server_kubeconfig, document, "-c", GIVES, str(tokens))
    assert await _uid(server_kubeconfig, namespace)
    assert tokens.read_text() == good


async def test_a_program_that_fails_is_named(server_kubeconfig: Path, namespace: str) -> None:
    document = yaml.safe_load(server_kubeconfig.read_text())
    _give(server_kubeconfig, document, "-c", "raise SystemExit('log in first')")
    with pytest.raises(AdapterError, match="log in first"):
        await _uid(server_kubeconfig, namespace)


def _give(kubeconfig: Path, document: dict[str, Any], *words: str) -> None:
    """Let a program be asked for the token."""
    asked = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": list(words)}
    document["users"][0]["user"] = {"exec": asked | {"interactiveMode": "Never"}}
    kubeconfig.write_text(yaml.safe_dump(json.loads(json.dumps(document))))


async def _uid(kubeconfig: Path, namespace: str, context: str | None = None) -> str:
    config = KubernetesConfig(kubeconfig=kubeconfig, namespace=namespace, context=context)
    async with Api.open(config) as api:
        return (await api.get(NAMESPACES, namespace)).metadata.uid
