"""The manifests that we ship fit the server that they start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from submarine.entrypoints.settings import check, load
from submarine.plugins.registry import discover

MANIFESTS = Path(__file__).parents[2] / "deploy" / "kubernetes"


def test_the_settings_are_good_and_name_what_the_other_manifests_make(tmp_path: Path) -> None:
    file = tmp_path / "submarine.toml"
    file.write_text(_read("server/settings.yaml", "ConfigMap")["data"]["submarine.toml"])
    settings = load(file, {})
    assert check(settings, discover()) == []
    service = _read("server/server.yaml", "Service")
    name = f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc"
    assert settings.server.url == f"http://{name}:{service['spec']['ports'][0]['port']}"
    mounted = {each["mountPath"] for each in _container()["volumeMounts"]}
    assert str(settings.server.data) in mounted
    assert (
        settings.clusters[0].options["namespace"]
        == _read("access/jobs.yaml", "Role")["metadata"]["namespace"]
    )
    assert _container()["ports"][0]["containerPort"] == settings.server.port


def test_no_role_runs_commands_in_pods_or_gives_rights_away() -> None:
    rules = [
        *_read("access/jobs.yaml", "Role")["rules"],
        *_read("access/capacity.yaml", "ClusterRole")["rules"],
    ]
    given = {(resource, verb) for rule in rules for resource in rule["resources"] for verb in rule["verbs"]}
    assert {("pods", "create"), ("pods/exec", "create"), ("serviceaccounts/token", "create")} & given == set()
    assert {verb for _, verb in given} & {"*", "escalate", "bind", "impersonate"} == set()
    assert [resource for resource, _ in given if "*" in resource] == []


def _container() -> dict[str, Any]:
    found: dict[str, Any] = _read("server/server.yaml", "Deployment")["spec"]["template"]["spec"][
        "containers"
    ][0]
    return found


def _read(name: str, kind: str) -> dict[str, Any]:
    documents = list(yaml.safe_load_all((MANIFESTS / name).read_text()))
    found: dict[str, Any]
    (found,) = (each for each in documents if each["kind"] == kind)
    return found
