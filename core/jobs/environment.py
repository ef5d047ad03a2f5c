"""What a job finds installed, as its spec says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from submarine.core.jobs.faults import Faults, kind_of, quoted, wrong
from submarine.core.jobs.names import label

PACKAGES: Final = 200

_PACKAGE: Final = re.compile(r"[A-Za-z0-9][^\x00-\x1f\x7f]{0,499}")
_HOST: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?"
_COMPONENT: Final = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_TAG: Final = r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?"
_DIGEST: Final = r"(?:@sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128}))?"
_IMAGE: Final = re.compile(rf"{_HOST}{_COMPONENT}(?:/{_COMPONENT})*{_TAG}{_DIGEST}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSpec:
    """One of an image, Python packages, or the name of a registered environment; or none of them."""

    image: str | None = None
    packages: tuple[str, ...] = ()
    name: str | None = None

    def document(self) -> dict[str, Any]:
        """Return what a spec says under ``environment``."""
        if self.image:
            return {"image": self.image}
        if self.name:
            return {"name": self.name}
        return {"python": {"packages": [*self.packages]}} if self.packages else {}

    @classmethod
    def from_document(cls, value: Mapping[str, Any]) -> EnvironmentSpec:
        """Return the environment of a document that ``document`` made."""
        packages = tuple(value["python"]["packages"]) if "python" in value else ()
        return cls(image=value.get("image"), packages=packages, name=value.get("name"))


DEFAULT: Final = EnvironmentSpec()


def read_environment(value: Mapping[str, Any]) -> EnvironmentSpec:
    """Return the environment of a spec's ``environment``; raise ``InvalidError`` with every fault."""
    faults = Faults()
    if len(value) > 1:
        faults.add("", f"says {' and '.join(value)}", "at most one of image, python and name")
    image = faults.read("image", _image, value["image"], None) if "image" in value else None
    name = faults.read("name", label, value["name"], None) if "name" in value else None
    listed = value.get("python", {}).get("packages", ())
    if len(listed) > PACKAGES:
        faults.add("python.packages", f"lists {len(listed)} packages", f"at most {PACKAGES}")
    packages = [faults.read(f"python.packages.{i}", _package, p, "") for i, p in enumerate(listed[:PACKAGES])]
    faults.refuse("environment")
    return EnvironmentSpec(image=image, packages=tuple(packages), name=name)


def _image(value: str) -> str:
    if len(value) > 500 or not _IMAGE.fullmatch(value):  # noqa: PLR2004
        raise wrong(
            f"{quoted(value)} is no reference of an image", "such as registry.example.org/ml/torch:2.4"
        )
    return value


def _package(value: object) -> str:
    if not isinstance(value, str):
        raise wrong(f"is {kind_of(value)}, not a text", "such as numpy>=2")
    if not _PACKAGE.fullmatch(value):
        raise wrong(f"{quoted(value)} is no requirement of a package", "such as numpy>=2 or torch==2.4.1")
    return value
