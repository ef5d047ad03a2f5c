"""The page of settings knows every key there is, and its default."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from submarine.adapters.arrow.config import FileConfig
from submarine.adapters.hdfs.config import HdfsConfig
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.local.config import LocalConfig
from submarine.adapters.passwords.config import PasswordConfig
from submarine.adapters.sql.config import PostgresConfig, SqliteConfig
from submarine.adapters.yarn.config import YarnConfig
from submarine.entrypoints.settings.model import ClusterChoice, Limits, Log, Placement, Server

PAGE = Path(__file__).parents[2] / "docs/reference/settings.md"
SECTIONS: dict[str, list[type[BaseModel]]] = {
    "server": [Server],
    "records": [SqliteConfig, PostgresConfig],
    "store": [FileConfig, HdfsConfig],
    "identity": [PasswordConfig],
    "clusters": [ClusterChoice, LocalConfig, KubernetesConfig, YarnConfig],
    "placement": [Placement],
    "limits": [Limits],
    "log": [Log],
}
SHOWN_OTHERWISE = {"log_limit", "code_limit"}  # as quantities


def rows(section: str) -> list[tuple[str, str]]:
    """Return key and default of each row; a row may speak of two."""
    text = re.split(rf"^## \[+{section}\]+\n", PAGE.read_text(), flags=re.MULTILINE)[1].split("\n## ")[0]
    found = []
    for keys, defaults in re.findall(r"^\| (`[^|]*`) \|([^|]*)\|", text, flags=re.MULTILINE):
        names, values = re.findall(r"`([^`]*)`", keys), re.findall(r"`([^`]*)`", defaults)
        found += list(zip(names, values if len(values) == len(names) else [""] * len(names), strict=True))
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_is_there_and_no_other(section: str) -> None:
    fields = {name for model in SECTIONS[section] for name in model.model_fields}
    assert {key for key, _ in rows(section)} == fields


@pytest.mark.parametrize("section", SECTIONS)
def test_defaults_are_as_said(section: str) -> None:
    said = rows(section)
    for model in SECTIONS[section]:
        for name, field in model.model_fields.items():
            default = field.default
            if field.is_required() or default is None or not isinstance(default, str | int | float | bool):
                continue
            if name not in SHOWN_OTHERWISE:
                assert (name, json.dumps(default)) in said
