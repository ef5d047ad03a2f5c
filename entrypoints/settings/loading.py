"""From file, environment and command line to settings; every fault is named, with where it was said."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from submarine.core.errors import Fault, InvalidError
from submarine.entrypoints.settings.model import Choice, Settings
from submarine.plugins.options import faults_of

PREFIX: Final = "SUBMARINE_"
SECTIONS: Final = frozenset({"server", "records", "store", "identity", "placement", "limits", "log"})
_SHORT: Final = {"host": "server.host", "port": "server.port", "data": "server.data"}


class SettingsError(InvalidError):
    """The settings are wrong; all that is wrong is in ``faults``."""


def load(
    path: Path | None, environ: Mapping[str, str], overrides: Mapping[str, object] | None = None
) -> Settings:
    """Return the settings of the file at *path* (None: no file), the environment and *overrides*.

    The later wins. The environment says ``SUBMARINE_SECTION__KEY``, *overrides* are keys such as
    ``server.port``. Raise `SettingsError` with every fault.
    """
    document = {} if path is None else _read(path)
    origin = "" if path is None else f"{path}: "
    for key, value in environ.items():
        section, _, name = key.removeprefix(PREFIX).lower().partition("__")
        if key.startswith(PREFIX) and name and section in SECTIONS:
            _put(document, [section, *name.split("__")], value)
    for key, given in (overrides or {}).items():
        _put(document, _SHORT.get(key, key).split("."), str(given) if isinstance(given, Path) else given)
    faults: list[Fault] = []
    document = _chosen(_resolved(document, environ, (), faults))
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        named = {fault.field for fault in faults}
        faults += [fault for fault in faults_of(error, Settings) if fault.field not in named]
        raise _error(faults, origin) from error
    if faults:
        raise _error(faults, origin)
    return _with_defaults(settings)


def _chosen(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* with the usual adapter where a section gives options of it but no ``use``."""
    usual = {name: info.default for name, info in Settings.model_fields.items()}
    return {
        name: {"use": usual[name].use, **part}
        if isinstance(part, dict) and isinstance(usual.get(name), Choice)
        else part
        for name, part in document.items()
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"there is no file {path}", [Fault("", f"there is no file {path}")]) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML: {error}") from error


def _put(document: dict[str, Any], path: list[str], value: object) -> None:
    at = document
    for step in path[:-1]:
        at = at.setdefault(step, {})
        if not isinstance(at, dict):
            raise SettingsError(f"{'.'.join(path)}: {step} is no section")
    at[path[-1]] = value


def _resolved(value: Any, environ: Mapping[str, str], where: tuple[str, ...], faults: list[Fault]) -> Any:
    """Return *value* with ``{env = "NAME"}`` and ``{file = "PATH"}`` replaced by what they name: secrets."""
    if isinstance(value, list):
        return [_resolved(item, environ, (*where, str(n)), faults) for n, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    field = ".".join(where)
    if value.keys() == {"env"} and isinstance(name := value["env"], str):
        if name not in environ:
            faults.append(
                Fault(field, f"the environment has no variable {name}", f"{name} set to the secret")
            )
        return environ.get(name, "")
    if value.keys() == {"file"} and isinstance(path := value["file"], str):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(field, f"{path} cannot be read: {error}", "a readable text file"))
            return ""
    return {key: _resolved(item, environ, (*where, key), faults) for key, item in value.items()}


def _with_defaults(settings: Settings) -> Settings:
    """Return *settings* with the embedded adapters' files under the data folder, if nothing else is said."""
    data = settings.server.data
    changes: dict[str, Any] = {}
    if settings.records.use == "sqlite" and "path" not in settings.records.options:
        changes["records"] = settings.records.model_copy(update={"path": str(data / "records.db")})
    if settings.store.use == "file" and "root" not in settings.store.options:
        changes["store"] = settings.store.model_copy(update={"root": str(data / "objects")})
    changes["clusters"] = tuple(
        cluster.model_copy(update={"path": str(data / "clusters" / cluster.name)})
        if cluster.use == "local" and "path" not in cluster.options
        else cluster
        for cluster in settings.clusters
        if cluster.enabled
    )
    return settings.model_copy(update=changes)


def _error(faults: list[Fault], origin: str) -> SettingsError:
    count = len(faults)
    return SettingsError(f"{origin}{count} setting{'s are' if count > 1 else ' is'} wrong", faults)
