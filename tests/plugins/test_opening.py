"""Adapters are opened with options an operator wrote, and what is wrong with these is said in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from submarine.core.errors import AdapterError, Fault, UnavailableError
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.plugins.registry import Registry, discover
from tests.plugins.packages import Install

DEMANDING = """
from submarine.core.errors import UnavailableError

class Login(BaseModel, frozen=True, extra="forbid"):
    user: str = Field(description="who asks")
    password: str = Field(min_length=8)


class Demanding(BaseModel, frozen=True, extra="forbid"):
    url: str = Field(description="where the store listens")
    retries: int = Field(3, ge=0, description="0 or more")
    login: Login | None = None


@asynccontextmanager
async def dead_on_arrival(config):
    raise ConnectionRefusedError("nobody there")
    yield


@asynccontextmanager
async def away(config):
    raise UnavailableError("the store is away")
    yield


@asynccontextmanager
async def incomplete(config):
    import a_library_that_is_not_installed
    yield


@hookimpl
def submarine_adapters():
    yield adapter("demanding", config=Demanding)
    yield adapter("dead", open=dead_on_arrival)
    yield adapter("away", open=away)
    yield adapter("incomplete", open=incomplete)
"""


@pytest.fixture
def registry(install: Install) -> Registry:
    install("demanding", DEMANDING)
    return discover()


async def test_a_config_reaches_the_adapter(registry: Registry) -> None:
    async with registry.open(OBJECT_STORE, "demanding", {"url": "here", "retries": "7"}) as opened:
        assert opened.model_dump() == {"url": "here", "retries": 7, "login": None}  # type: ignore[attr-defined]


async def test_the_bundled_store_opens(tmp_path: Path) -> None:
    async with discover().open(OBJECT_STORE, "file", {"root": str(tmp_path)}) as store:
        assert await store.put("a", b"1") == 1


def test_every_wrong_option_is_named_at_once(registry: Registry) -> None:
    options = {"retries": -1, "login": {"user": "ada", "password": "pw", "realm": "x"}, "color": "red"}
    assert registry.validate(OBJECT_STORE, "demanding", options) == [
        Fault("url", "is missing", "where the store listens"),
        Fault("retries", "input should be greater than or equal to 0", "0 or more"),
        Fault("login.password", "string should have at least 8 characters"),
        Fault("login.realm", "unknown key", "one of user, password"),
        Fault("color", "unknown key", "one of url, retries, login"),
    ]


def test_good_options_have_no_faults(registry: Registry) -> None:
    assert registry.validate(OBJECT_STORE, "demanding", {"url": "here"}) == []


def test_an_adapter_without_options_says_so(registry: Registry) -> None:
    assert registry.validate(OBJECT_STORE, "dead", {"url": 1}) == [
        Fault("url", "unknown key", "it takes no options")
    ]


async def test_opening_names_each_field_and_no_secret(registry: Registry) -> None:
    options = {"retries": "many", "login": {"user": "ada", "password": "hunter2"}}
    with pytest.raises(AdapterError) as caught:
        async with registry.open(OBJECT_STORE, "demanding", options):
            pass
    message = str(caught.value)
    for words in ("object-store", "'demanding'", "url: is missing", "retries: ", "login.password: "):
        assert words in message
    assert "hunter2" not in message


def test_an_adapter_nobody_offers_is_a_fault_with_what_is_on_offer(registry: Registry) -> None:
    [fault] = registry.validate(OBJECT_STORE, "gopher", {})
    assert "no object-store adapter 'gopher'" in fault.reason
    assert "demanding" in fault.expected
    assert "file" in fault.expected


async def test_a_missing_adapter_is_told_with_the_plugins_that_are_broken(install: Install) -> None:
    install("gopher", "import burrow")
    with pytest.raises(AdapterError, match=r"on offer: file, .*plugin 'gopher' is broken.*burrow"):
        async with discover().open(OBJECT_STORE, "gopher", {}):
            pass


@pytest.mark.parametrize(
    ("name", "words"), [("dead", "nobody there"), ("incomplete", "a_library_that_is_not_installed")]
)
async def test_what_an_adapter_raises_on_opening_is_the_operators_business(
    registry: Registry, name: str, words: str
) -> None:
    with pytest.raises(AdapterError, match=f"cannot open object-store adapter '{name}'.*{words}"):
        async with registry.open(OBJECT_STORE, name, {}):
            pass


async def test_the_domains_own_errors_come_through_opening(registry: Registry) -> None:
    with pytest.raises(UnavailableError, match="the store is away"):
        async with registry.open(OBJECT_STORE, "away", {}):
            pass


async def test_what_the_caller_raises_is_the_callers(tmp_path: Path) -> None:
    async def use() -> ObjectStore:
        async with discover().open(OBJECT_STORE, "file", {"root": str(tmp_path)}):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await use()
