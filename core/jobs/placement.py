"""Where a job asks to run."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from submarine.core.jobs.faults import Faults, join, kind_of, plain, quoted, wrong
from submarine.core.jobs.names import NAME_LENGTH, label

LABELS: Final = 32
ITEMS: Final = 100
OPTION_LENGTH: Final = 1000

_KEY: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_./-]*[A-Za-z0-9])?")
_VALUE: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementSpec:
    """A ``cluster`` by name, or those with all ``labels``, ranked by a ``policy`` with its ``options``.

    Nothing said: all clusters, ranked by the server's default policy.
    """

    cluster: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    policy: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return what a spec says under ``placement``."""
        said = {
            "cluster": self.cluster,
            "labels": dict(self.labels),
            "policy": self.policy,
            "options": dict(self.options),
        }
        return {key: value for key, value in said.items() if value}

    @classmethod
    def from_document(cls, value: Mapping[str, Any]) -> PlacementSpec:
        """Return the placement of a document that ``document`` made."""
        return cls(**value)


ANYWHERE: Final = PlacementSpec()


def read_placement(value: Mapping[str, Any]) -> PlacementSpec:
    """Return the placement of a spec's ``placement``; raise ``InvalidError`` with every fault in it."""
    faults = Faults()
    cluster = faults.read("cluster", label, value["cluster"], None) if "cluster" in value else None
    policy = faults.read("policy", label, value["policy"], None) if "policy" in value else None
    labels, options = value.get("labels", {}), value.get("options", {})
    if cluster and (labels or policy):
        other = "labels" if labels else "policy"
        faults.add("", f"says cluster and {other}", "cluster alone, or labels, policy or both")
    if options and not policy:
        faults.add(
            "options", "options are the policy's, and no policy is named", "placement.policy beside it"
        )
    for name, found in (("labels", labels), ("options", options)):
        if len(found) > LABELS:
            faults.add(name, f"has {len(found)} entries", f"at most {LABELS}")
            faults.refuse("placement")
    for key, text in labels.items():
        faults.read(join("labels", key), _label, (key, text), None)
    for key, option in options.items():
        faults.read(join("options", key), _option, (key, option), None)
    faults.refuse("placement")
    return PlacementSpec(cluster=cluster, labels=labels, policy=policy, options=options)


def _label(item: tuple[str, str]) -> None:
    key, value = item
    expected = "letters a-z, digits and . _ - between them, at most 63"
    if len(key) > 253 or not _KEY.fullmatch(key):  # noqa: PLR2004 - as Kubernetes has it
        raise wrong(f"{quoted(key)} cannot name a label", expected)
    if len(value) > 63 or not _VALUE.fullmatch(value):  # noqa: PLR2004 - as Kubernetes has it
        raise wrong(f"{quoted(value)} cannot be the value of a label", expected)


def _option(item: tuple[str, object]) -> None:
    key, value = item
    if len(key) > NAME_LENGTH or not _KEY.fullmatch(key):
        raise wrong(f"{quoted(key)} cannot name an option", "letters a-z, digits and . _ - between them")
    for one in value if isinstance(value, list) and len(value) <= ITEMS else [value]:
        if isinstance(one, str) and len(one) <= OPTION_LENGTH:
            plain(one)
        elif not isinstance(one, bool | int | float) or (isinstance(one, float) and not math.isfinite(one)):
            raise wrong(
                f"is or holds {kind_of(one)}", f"a text up to {OPTION_LENGTH}, a number, a boolean, or a list"
            )
