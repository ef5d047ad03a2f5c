"""What is peculiar to HDFS: its daemons die, it is in safe mode, and it has users of its own."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager

import pytest

from submarine.contracts.object_store.streams import BIG, listed, read
from submarine.core.errors import AdapterError, NotFoundError, UnavailableError
from submarine.core.ids import new_id
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.plugins.registry import discover
from tests.clusters.hadoop.cluster import HadoopCluster

PATIENCE = 120.0


def opened(
    cluster: HadoopCluster, user: str = "alice", **more: object
) -> AbstractAsyncContextManager[ObjectStore]:
    root = f"/user/{more.get('act_as', user)}/objects"
    options = {"urls": cluster.namenodes, "root": root, "timeout": 5, **cluster.access(user), **more}
    return discover().open(OBJECT_STORE, "hdfs", options)


async def put_in_the_end(store: ObjectStore, key: str, data: bytes) -> None:
    """Put as a caller does who waits for HDFS: any error but "unavailable" is one."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await store.put(key, data)
            except UnavailableError:
                await asyncio.sleep(0.5)
            else:
                return


async def test_a_killed_namenode_is_unavailable_and_keeps_what_it_has(hadoop: HadoopCluster) -> None:
    key = f"test/{new_id()}"
    async with opened(hadoop) as store:
        await store.put(key, BIG)
        await asyncio.to_thread(hadoop.kill, "nn1")
        with pytest.raises(UnavailableError):
            await store.stat(key)
        with pytest.raises(UnavailableError):
            await store.put(key, b"new")
        await asyncio.to_thread(hadoop.mend)
        await put_in_the_end(store, f"{key}-2", b"2")
        assert await read(store, key) == BIG


async def test_a_frozen_namenode_is_unavailable_in_time(hadoop: HadoopCluster) -> None:
    async with opened(hadoop, timeout=2) as store:
        await asyncio.to_thread(hadoop.freeze, "nn1")
        begun = time.monotonic()
        with pytest.raises(UnavailableError):
            await store.stat("a")
        assert time.monotonic() - begun < 10
        await asyncio.to_thread(hadoop.thaw, "nn1")
        with pytest.raises(NotFoundError):
            await store.stat("never/there")


async def test_without_its_datanode_nothing_is_read_short_or_stored(hadoop: HadoopCluster) -> None:
    key = f"test/{new_id()}"
    async with opened(hadoop) as store:
        await store.put(key, b"old")
        await asyncio.to_thread(hadoop.kill, "dn")
        with pytest.raises(UnavailableError):
            await read(store, key)
        with pytest.raises(UnavailableError):
            await store.put(key, b"new")
        assert (await store.stat(key)).size == 3
        await asyncio.to_thread(hadoop.mend)
        await put_in_the_end(store, key, b"newer")
        assert await read(store, key) == b"newer"


async def test_safe_mode_is_unavailable_for_writers_only(hadoop: HadoopCluster) -> None:
    key = f"test/{new_id()}"
    async with opened(hadoop) as store:
        await store.put(key, b"old")
        await asyncio.to_thread(hadoop.administer, "-safemode", "enter")
        try:
            for attempt in (store.put(key, b"new"), store.delete(key)):
                with pytest.raises(UnavailableError, match="safe mode"):
                    await attempt
            assert await read(store, key) == b"old"
        finally:
            await asyncio.to_thread(hadoop.administer, "-safemode", "leave")
        await put_in_the_end(store, key, b"new")


@pytest.mark.parametrize("profile", ["hadoop", "kerberos"])
async def test_each_acts_for_another_and_neither_sees_the_other_s(
    profile: str, request: pytest.FixtureRequest, plain_hadoop: HadoopCluster, secure_hadoop: HadoopCluster
) -> None:
    cluster: HadoopCluster = request.getfixturevalue(profile)
    key = f"test/{new_id()}"
    async with (
        opened(cluster, "submarine", act_as="alice") as hers,
        opened(cluster, "submarine", act_as="bob") as his,
    ):
        await hers.put(key, b"alice's")
        await his.put(key, b"bob's")
        assert (await read(hers, key), await read(his, key)) == (b"alice's", b"bob's")
    for user in ("alice", "bob"):
        found = cluster.as_root("GET", "GETFILESTATUS", f"/user/{user}/objects/{key}")
        assert found["FileStatus"]["owner"] == user


async def test_who_may_not_act_for_another_is_told_so(kerberos: HadoopCluster) -> None:
    with pytest.raises(AdapterError, match="bob is not allowed to impersonate alice"):
        async with opened(kerberos, "bob", act_as="alice"):
            pass


async def test_a_ticket_that_expires_is_replaced(kerberos: HadoopCluster) -> None:
    key = f"test/{new_id()}"
    async with opened(kerberos, "brief") as store:
        until = time.monotonic() + 25  # its tickets live for ten seconds
        written = 0
        while time.monotonic() < until:
            store._files._web._credentials._cookies.clear()  # type: ignore[attr-defined]
            await store.put(f"{key}/{written:03}", b"1")
            written += 1
            await asyncio.sleep(1)
        assert len(await listed(store, f"{key}/")) == written


async def test_a_cookie_that_is_refused_is_replaced(kerberos: HadoopCluster) -> None:
    async with opened(kerberos) as store:
        await store.put("test/cookie", b"1")
        cookies = store._files._web._credentials._cookies  # type: ignore[attr-defined]
        assert len(cookies) == 1
        cookies[next(iter(cookies))] = '"u=alice&p=alice@SUBMARINE.TEST&t=kerberos&e=1&s=bm8="'
        assert await read(store, "test/cookie") == b"1"


async def test_a_keytab_of_somebody_else_is_the_operator_s_business(kerberos: HadoopCluster) -> None:
    with pytest.raises(AdapterError, match="no ticket"):
        async with opened(kerberos, "alice", keytab=str(kerberos.run_dir / "keytabs/bob.keytab")):
            pass


async def test_a_delegation_token_is_enough(kerberos: HadoopCluster, tmp_path: object) -> None:
    told = kerberos.as_root("GET", "GETDELEGATIONTOKEN", "/", renewer="root")
    token = kerberos.run_dir / "token"
    token.write_text(told["Token"]["urlString"] + "\n")
    options = {"urls": kerberos.namenodes, "root": "/user/root/objects", "token": str(token)}
    async with discover().open(OBJECT_STORE, "hdfs", options) as store:
        await store.put("test/token", b"by token")
        assert await read(store, "test/token") == b"by token"


async def test_a_listing_of_many_pages_is_whole(hadoop: HadoopCluster) -> None:
    base = f"test/{new_id()}"
    async with opened(hadoop) as store:
        keys = [f"{base}/{number:03}" for number in range(230)]
        await asyncio.gather(*(store.put(key, b"") for key in keys))
        assert await listed(store, f"{base}/") == keys
        assert await listed(store, f"{base}/1") == keys[100:200]


async def test_a_killed_active_namenode_is_followed_by_the_other(ha_hadoop: HadoopCluster) -> None:
    key = f"test/{new_id()}"
    async with opened(ha_hadoop) as store:
        await store.put(key, BIG)
        active = await asyncio.to_thread(_active, ha_hadoop)
        await asyncio.to_thread(ha_hadoop.kill, active)
        try:
            await put_in_the_end(store, f"{key}-2", b"2")
            assert await read(store, key) == BIG
            assert await asyncio.to_thread(_active, ha_hadoop) != active
        finally:
            await asyncio.to_thread(ha_hadoop.mend)


def _active(cluster: HadoopCluster) -> str:
    import httpx

    for number, url in enumerate(cluster.namenodes, 1):
        try:
            told = httpx.get(f"{url}/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus", timeout=20).json()
        except httpx.HTTPError:
            continue
        if told["beans"][0]["State"] == "active":
            return f"nn{number}"
    raise AssertionError("no NameNode is active")
