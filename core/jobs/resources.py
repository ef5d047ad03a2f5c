"""Resources as a spec says them: ``cpu=1,memory=512Mi`` or a mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from submarine.core.jobs.faults import Faults, join, kind_of, quoted, wrong
from submarine.core.jobs.names import nearest
from submarine.core.jobs.quantities import parse_count, parse_cpu, parse_memory, show_cpu, show_memory
from submarine.core.workloads.resources import Resources

KINDS: Final = 32
NOTHING: Final = Resources()

_DEVICE: Final = re.compile(
    r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
)
_EXPECTED: Final = "such as cpu=1,memory=512Mi"
_OFFERED: Final = "cpu, memory, or a device with its vendor such as nvidia.com/gpu"
_MEANT: Final = {
    "cpus": "cpu",
    "cores": "cpu",
    "vcores": "cpu",
    "mem": "memory",
    "ram": "memory",
    "gpu": "nvidia.com/gpu, amd.com/gpu or yarn.io/gpu",
    "gpus": "nvidia.com/gpu, amd.com/gpu or yarn.io/gpu",
}


def read_resources(value: object) -> Resources:
    """Return the resources of a text or a mapping; raise ``InvalidError`` with every fault in it."""
    if isinstance(value, str):
        return _read_items(_pairs(value))
    if isinstance(value, Mapping):
        return _read_items(value)
    raise wrong(f"is {kind_of(value)}", f"a text {_EXPECTED} or a mapping")


def resources_document(resources: Resources) -> dict[str, str]:
    """Return what a spec says under ``resources``, as a mapping."""
    said = {}
    if resources.cpu:
        said["cpu"] = show_cpu(resources.cpu)
    if resources.memory:
        said["memory"] = show_memory(resources.memory)
    for name, count in resources.extra.items():
        said[name] = str(count)
    return said


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in text.split(","):
        name, equals, amount = (part.strip() for part in item.partition("="))
        if not equals or not name or not amount:
            raise wrong(f"{quoted(item.strip() or text)} is not NAME=QUANTITY", _EXPECTED)
        if name in pairs:
            raise wrong(f"says {quoted(name)} twice", _EXPECTED)
        pairs[name] = amount
    return pairs


def _read_items(items: Mapping[str, Any]) -> Resources:
    if len(items) > KINDS:
        raise wrong(f"has {len(items)} entries", f"at most {KINDS}")
    faults = Faults()
    cpu = memory = 0
    extra: dict[str, int] = {}
    for name, amount in items.items():
        field = join("", name)
        if name == "cpu":
            cpu = faults.read(field, parse_cpu, amount, 0)
        elif name == "memory":
            memory = faults.read(field, parse_memory, amount, 0)
        elif _DEVICE.fullmatch(name):
            if count := faults.read(field, parse_count, amount, 0):
                extra[name] = count
        else:
            meant = f"did you mean {_MEANT[name.lower()]}? " if name.lower() in _MEANT else ""
            faults.add(
                field, "there is no such resource", (meant or nearest(name, ("cpu", "memory"))) + _OFFERED
            )
    faults.refuse("resources")
    return Resources(cpu=cpu, memory=memory, extra=extra)
