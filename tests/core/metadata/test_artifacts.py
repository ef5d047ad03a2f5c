from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, UnavailableError
from submarine.core.metadata.artifacts import check_path, check_uri, folder, object_key
from submarine.core.object_keys import check_key
from tests.core.metadata.conftest import ADA, JOB, NOW, VIEWER, Bed


async def chunks(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def cut(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise ConnectionResetError("the client went away")


async def read(bed: Bed, path: str) -> bytes:
    _, data = await bed.artifacts.open(VIEWER, "e1", path)
    return b"".join([chunk async for chunk in data])


async def keys(bed: Bed) -> list[str]:
    return [entry.key async for entry in bed.objects.list()]


async def test_what_was_uploaded_comes_back_with_size_and_digest(bed: Bed) -> None:
    found = await bed.artifacts.upload(JOB, "e1", "model/weights.pt", chunks(b"ab", b"", b"cd"))
    assert (found.size, found.digest, found.created) == (
        4,
        f"sha256:{hashlib.sha256(b'abcd').hexdigest()}",
        NOW,
    )
    assert found.uri == "submarine://e1/model/weights.pt"
    assert await read(bed, "model/weights.pt") == b"abcd"
    assert (await bed.artifacts.open(VIEWER, "digits-1", "model/weights.pt"))[0] == found


async def test_an_empty_artifact_is_one(bed: Bed) -> None:
    assert (await bed.artifacts.upload(JOB, "e1", "empty", chunks())).size == 0
    assert await read(bed, "empty") == b""


async def test_an_upload_that_breaks_off_changes_nothing(bed: Bed) -> None:
    await bed.artifacts.upload(JOB, "e1", "x", chunks(b"old"))
    with pytest.raises(ConnectionResetError):
        await bed.artifacts.upload(JOB, "e1", "x", cut(b"new"))
    assert await read(bed, "x") == b"old"
    assert len(await keys(bed)) == 1


async def test_an_overwritten_artifact_leaves_no_object_behind(bed: Bed) -> None:
    for data in (b"one", b"two", b"three"):
        await bed.artifacts.upload(JOB, "e1", "x", chunks(data))
    assert await read(bed, "x") == b"three"
    assert len(await keys(bed)) == 1
    await bed.artifacts.register(ADA, "e1", "x", "s3://b/x")
    assert await keys(bed) == []


async def test_a_reader_who_looked_before_an_overwrite_gets_what_replaced_it(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bed.artifacts.upload(JOB, "e1", "x", chunks(b"old"))
    look, overtaken = bed.artifacts._artifact, False

    async def overtaken_look(*args: object) -> object:
        nonlocal overtaken
        found = await look(*args)  # type: ignore[arg-type]
        if not overtaken:
            overtaken = True
            await bed.artifacts.upload(JOB, "e1", "x", chunks(b"new"))
        return found

    monkeypatch.setattr(bed.artifacts, "_artifact", overtaken_look)
    assert await read(bed, "x") == b"new"


async def test_an_upload_to_an_experiment_that_was_deleted_leaves_nothing(bed: Bed) -> None:
    async def deleting() -> AsyncIterator[bytes]:
        yield b"x"
        async with bed.records.begin() as tx:
            await tx.session.execute("delete from experiments where id = 'e1'")

    with pytest.raises(NotFoundError):
        await bed.artifacts.upload(JOB, "e1", "x", deleting())
    assert await keys(bed) == []


async def test_an_upload_whose_commit_is_in_doubt_keeps_its_bytes(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = bed.artifacts._put

    async def loses_the_answer(*args: object) -> None:
        await put(*args)  # type: ignore[arg-type]
        raise UnavailableError("the answer to the commit was lost")

    monkeypatch.setattr(bed.artifacts, "_put", loses_the_answer)
    with pytest.raises(UnavailableError):
        await bed.artifacts.upload(JOB, "e1", "x", chunks(b"data"))
    assert await read(bed, "x") == b"data"


async def test_a_registered_artifact_is_named_but_not_served(bed: Bed) -> None:
    found = await bed.artifacts.register(
        ADA, "e1", "data", "s3://bucket/key", size=7, digest="md5:" + "0" * 32
    )
    assert (found.size, found.key) == (7, None)
    with pytest.raises(ConflictError, match="'data' is not kept here but at s3://bucket/key"):
        await read(bed, "data")


async def test_nobody_reads_an_upload_by_registering_its_uri(bed: Bed) -> None:
    await bed.artifacts.upload(JOB, "e1", "secret", chunks(b"data"))
    for uri in ("submarine://e1/secret", "SUBMARINE://e1/secret"):
        with pytest.raises(InvalidError, match="is for what was uploaded here"):
            await bed.artifacts.register(ADA, "e2", "mine", uri)


async def test_artifacts_are_listed_in_pages(bed: Bed) -> None:
    for path in ("b", "a", "a/c"):
        await bed.artifacts.upload(JOB, "e1", path, chunks(b""))
    page = await bed.artifacts.list(VIEWER, "e1", limit=2)
    assert ([found.path for found in page.items], page.cursor) == (["a", "a/c"], "a/c")
    page = await bed.artifacts.list(VIEWER, "e1", limit=2, cursor=page.cursor)
    assert ([found.path for found in page.items], page.cursor) == (["b"], None)


async def test_a_deleted_artifact_is_gone_with_its_bytes(bed: Bed) -> None:
    await bed.artifacts.upload(JOB, "e1", "x", chunks(b"data"))
    with pytest.raises(ForbiddenError):
        await bed.artifacts.delete(VIEWER, "e1", "x")
    await bed.artifacts.delete(ADA, "e1", "x")
    assert await keys(bed) == []
    with pytest.raises(NotFoundError, match="digits-1 has no artifact 'x'"):
        await read(bed, "x")
    with pytest.raises(NotFoundError):
        await bed.artifacts.delete(ADA, "e1", "x")
    assert await bed.actions() == [("ada", "artifact.delete")]


async def test_erasing_an_experiment_deletes_its_objects_and_no_others(bed: Bed) -> None:
    await bed.artifacts.upload(JOB, "e1", "x", chunks(b"data"))
    await bed.artifacts.upload(ADA, "e2", "x", chunks(b"data"))
    await bed.manager.set_params(ADA, "e1", {"x": 1})
    for _ in range(2):
        await bed.eraser.erase("e1", "p1")
    assert [key.startswith(folder("p1", "e2")) for key in await keys(bed)] == [True]
    async with bed.records.read() as tx:
        assert await tx.metadata.params_of(["e1"]) == {"e1": {}}
        assert await tx.metadata.artifacts("e1", after="", limit=5) == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "./a",
        "a\\b",
        "a\x00",
        "a\nb",
        "\ud800",
        "x" * 513,
        "é" * 257,
        "/".join("a" * 17),
    ],
)
def test_a_path_that_leads_astray_is_refused(path: str) -> None:
    with pytest.raises(InvalidError, match="path") as caught:
        check_path(path)
    assert "model/weights.pt" in caught.value.faults[0].expected


@pytest.mark.parametrize(
    "path", ["a", "model/weights.pt", "模型/权重 v1.pt", "..a", "a..", "...", "_", "-", "~x", "%2e%2e"]
)
def test_a_path_of_any_script_is_taken(path: str) -> None:
    check_path(path)
    check_key(object_key("p", "e", path, "v"))


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "x",
        "//host/x",
        "s3:",
        "http://[",
        "s3://b/a b",
        "s3://b/\x00",
        "http://u:p@h/",
        "s3://" + "x" * 2050,
    ],
)
def test_a_uri_that_says_no_place_is_refused(uri: str) -> None:
    with pytest.raises(InvalidError, match="uri"):
        check_uri(uri)


parts = st.text(st.sampled_from("aA0._-~%é损/ "), min_size=1, max_size=30) | st.text(min_size=1, max_size=200)


def valid(path: str) -> bool:
    try:
        check_path(path)
    except InvalidError:
        return False
    return True


paths = st.lists(parts, min_size=1, max_size=4).map("/".join).filter(valid)


@given(st.sets(paths, min_size=2, max_size=6))
def test_every_path_has_a_key_of_its_own_and_none_is_a_folder_of_another(found: set[str]) -> None:
    made = {object_key("p" * 26, "e" * 26, path, "v" * 26) for path in found}
    assert len(made) == len(found)
    for key in made:
        check_key(key)
        assert key.startswith(folder("p" * 26, "e" * 26))
        assert not any(other.startswith(f"{key}/") for other in made)
