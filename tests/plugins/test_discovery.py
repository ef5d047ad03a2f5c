"""Plugins are found, named with who ships them, and fail one by one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from submarine import __version__
from submarine.core.ports.identity import IDENTITY
from submarine.core.ports.object_store import OBJECT_STORE
from submarine.core.ports.runtime import RUNTIME
from submarine.plugins.asking import MOST
from submarine.plugins.registry import discover
from tests.plugins.packages import Install

HEAVY = {
    "aiohttp",
    "aiosqlite",
    "argon2",
    "asyncpg",
    "dependency_injector",
    "kubernetes_asyncio",
    "numpy",
    "pyarrow",
    "uvloop",
}

GOOD = """
@hookimpl
def submarine_policies():
    yield Nearest()

@hookimpl
def submarine_adapters():
    yield adapter("theirs", summary="Somebody else's.")
"""


def test_everything_built_in_is_found_and_nothing_is_broken() -> None:
    registry = discover()
    assert not registry.broken
    assert {"file", "memory"} <= set(registry.names(OBJECT_STORE))
    assert {"local", "memory"} <= set(registry.names(IDENTITY))
    assert {"local", "memory"} <= set(registry.names(RUNTIME))
    assert {"least-loaded", "ordered-preference", "spread"} <= set(registry.policies)
    assert {"dmlc", "jax", "mpi", "none", "pytorch", "tensorflow", "xgboost"} <= set(registry.frameworks)


def test_each_item_says_what_it_is_and_who_ships_it() -> None:
    for offer in discover().offers:
        assert offer.summary
        assert "`" not in offer.summary
        assert (offer.plugin.package, offer.plugin.version) == ("submarine-server", __version__)


def test_discovery_imports_nothing_heavy() -> None:
    script = """
import json, sys
from submarine.plugins.registry import discover
broken = {name: str(error) for name, error in discover().broken.items()}
print(json.dumps([list(sys.modules), broken]))
"""
    said = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout
    modules, broken = json.loads(said)
    assert HEAVY.isdisjoint(modules)
    assert not broken


def test_an_installed_package_is_found_with_name_and_version(install: Install) -> None:
    install("nearby", GOOD, version="4.5")
    registry = discover()
    assert not registry.broken
    assert registry.policies["nearest"].name == "nearest"
    found = {offer.name: offer for offer in registry.offers if offer.plugin.package == "nearby"}
    assert set(found) == {"nearest", "theirs"}
    assert found["theirs"].kind == "object-store"
    assert found["theirs"].summary == "Somebody else's."
    assert found["nearest"].summary == "Takes the cluster next door."
    assert found["nearest"].plugin.version == "4.5"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import not_installed_at_all", "ModuleNotFoundError: No module named 'not_installed_at_all'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def broken(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("x = 1", "answers no hook of ours"),
        ("@hookimpl\ndef submarine_adapter(): return []", "submarine_adapter"),
        ("@hookimpl\ndef submarine_adapters(color): return []", "color"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_named_and_the_rest_goes_on(
    install: Install, source: str, words: str
) -> None:
    install("bad", source)
    install("good", GOOD)
    registry = discover()
    assert set(registry.broken) == {"bad"}
    assert words in str(registry.broken["bad"])
    assert "nearest" in registry.policies
    assert "file" in registry.names(OBJECT_STORE)


def test_an_entry_point_that_leads_nowhere_is_named(install: Install) -> None:
    install("bad", "", entry="bad:no_such_object")
    install("worse", "", entry="this is no entry point")
    assert set(discover().broken) == {"bad", "worse"}


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        ("submarine_adapters(): raise OSError('no disk')", "submarine_adapters: OSError: no disk"),
        ("submarine_adapters(): raise SystemExit", "submarine_adapters: SystemExit"),
        ("submarine_adapters(): yield adapter('one'); 1 / 0", "submarine_adapters: ZeroDivisionError"),
        ("submarine_adapters(): return adapter('one')", "not iterable"),
        ("submarine_adapters(): yield 'file'", "yields an object of type str, not an Adapter"),
        ("submarine_adapters(): yield Adapter", "yields an object of type type, not an Adapter"),
        ("submarine_adapters(): yield adapter('Bad Name')", "'Bad Name'"),
        ("submarine_adapters(): yield adapter(None)", "None"),
        ("submarine_adapters(): yield adapter('one', port='object-store')", "not a Port"),
        ("submarine_adapters(): yield adapter('one', config=dict)", "config is no pydantic model class"),
        ("submarine_adapters(): yield adapter('one', config=Nothing())", "config is no pydantic model class"),
        ("submarine_adapters(): yield adapter('one', open=None)", "open cannot be called"),
        ("submarine_adapters(): yield adapter('one', summary=7)", "summary"),
        ("submarine_frameworks(): yield Nearest()", "without a method variables, not a framework"),
        ("submarine_frameworks(): yield None", "type NoneType"),
    ],
)
def test_what_is_wrong_in_one_hook_leaves_the_others(install: Install, hook: str, words: str) -> None:
    install("half", f"@hookimpl\ndef {hook}\n\n@hookimpl\ndef submarine_policies():\n    yield Nearest()")
    registry = discover()
    assert words in str(registry.broken["half"])
    assert "nearest" in registry.policies


def test_an_asynchronous_hook_is_refused_without_a_warning(install: Install) -> None:
    install("eager", "@hookimpl\nasync def submarine_adapters():\n    return []")
    assert "hooks are synchronous" in str(discover().broken["eager"])


def test_a_class_in_place_of_a_policy_is_refused(install: Install) -> None:
    install("classy", "@hookimpl\ndef submarine_policies():\n    yield Nearest")
    assert "yields the class Nearest" in str(discover().broken["classy"])


def test_what_is_yielded_before_an_error_is_on_offer(install: Install) -> None:
    install("half", "@hookimpl\ndef submarine_policies():\n    yield Nearest('early')\n    1 / 0")
    registry = discover()
    assert "early" in registry.policies
    assert isinstance(registry.broken["half"].__cause__, ZeroDivisionError)


def test_a_hook_without_end_comes_to_one(install: Install) -> None:
    install(
        "endless",
        "from itertools import count\n"
        "@hookimpl\ndef submarine_policies():\n    yield from (Nearest(f'n{i}') for i in count())",
    )
    registry = discover()
    assert sum(offer.plugin.package == "endless" for offer in registry.offers) == MOST
    assert f"after {MOST}" in str(registry.broken["endless"])


def test_a_plugin_cannot_wrap_the_answers_of_others(install: Install) -> None:
    install("greedy", "@hookimpl(wrapper=True)\ndef submarine_policies():\n    yield\n    return []")
    assert {"least-loaded", "spread"} <= set(discover().policies)


def test_a_name_that_is_taken_is_refused_and_ours_stays(install: Install) -> None:
    install(
        "usurper",
        "@hookimpl\ndef submarine_policies():\n    yield Nearest('spread')\n    yield Nearest('unheard-of')",
    )
    registry = discover()
    assert type(registry.policies["spread"]).__name__ == "Spread"
    assert "unheard-of" in registry.policies
    assert "policy 'spread'" in str(registry.broken["usurper"])
    assert "submarine.adapters.policies.plugin" in str(registry.broken["usurper"])


def test_of_two_strangers_the_first_by_package_name_stays(install: Install) -> None:
    for package in ("zebra", "apple"):
        install(package, "@hookimpl\ndef submarine_policies():\n    yield Nearest()")
    registry = discover()
    assert set(registry.broken) == {"zebra"}
    assert [o.plugin.package for o in registry.offers if o.name == "nearest"] == ["apple"]


def test_two_packages_may_call_their_plugin_alike(install: Install) -> None:
    install("apple", "@hookimpl\ndef submarine_policies():\n    yield Nearest('a')", point="same")
    install("zebra", "@hookimpl\ndef submarine_policies():\n    yield Nearest('z')\n    1 / 0", point="same")
    registry = discover()
    assert {"a", "z"} <= set(registry.policies)
    assert set(registry.broken) == {"same of zebra"}
