"""From what a handler returns to a response."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.entrypoints.http.toys import Shop, ToyController, shop


@pytest.fixture
async def toys() -> AsyncIterator[Shop]:
    async with shop(ToyController()) as found:
        yield found


async def test_a_list_is_paged_to_its_end(toys: Shop) -> None:
    names, cursor = [], ""
    while True:
        page = (await toys.call("GET", f"/toys?limit=3{cursor}")).json()
        names += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert names == [f"toy-{n}" for n in range(7)]


async def test_sparse_fields_are_shown_when_they_are_asked_for(toys: Shop) -> None:
    assert "spec" not in (await toys.call("GET", "/toys")).json()["items"][0]
    assert (await toys.call("GET", "/toys?fields=spec,name")).json()["items"][0] == {
        "spec": "long",
        "name": "toy-0",
    }


async def test_fields_work_on_one_thing_too(toys: Shop) -> None:
    assert (await toys.call("GET", "/toys/a?fields=size")).json() == {"size": 1}


@pytest.mark.parametrize("fields", ["colour", "", "name,", "name,,size", "name;size", "%00"])
async def test_a_field_that_is_none_is_refused_with_what_is_offered(toys: Shop, fields: str) -> None:
    answer = await toys.call("GET", f"/toys?fields={fields}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["expected"] == "name, size, spec, version"


async def test_what_is_made_says_where_it_is(toys: Shop) -> None:
    answer = await toys.call("POST", "/toys", json={"name": "a/b ü"})
    assert (answer.status_code, answer.headers["location"]) == (201, "/toys/a%2Fb%20%C3%BC")


async def test_nothing_to_say_is_204_without_a_body(toys: Shop) -> None:
    answer = await toys.call("DELETE", "/toys/a")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_a_thing_with_a_version_has_an_etag_and_is_not_sent_twice(toys: Shop) -> None:
    first = await toys.call("GET", "/toys/a")
    etag = first.headers["etag"]
    for seen in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await toys.call("GET", "/toys/a", headers={"If-None-Match": seen})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = await toys.call("GET", "/toys/a", headers={"If-None-Match": '"9.00000000"'})
    assert other.status_code == 200


async def test_views_of_one_version_that_differ_have_different_etags(toys: Shop) -> None:
    whole, part = await toys.call("GET", "/toys/a"), await toys.call("GET", "/toys/a?fields=size")
    assert whole.headers["etag"] != part.headers["etag"]


async def test_a_change_names_the_version_it_is_meant_for(toys: Shop) -> None:
    etag = (await toys.call("GET", "/toys/a")).headers["etag"]
    for match, status in (
        (etag, 200),
        ("*", 200),
        ('"2"', 412),
        ('"2.12345678"', 412),
        ("junk", 412),
        ("", 412),
    ):
        answer = await toys.call("PATCH", "/toys/a", json={"name": "a"}, headers={"If-Match": match})
        assert answer.status_code == status, match
    several = await toys.call("PATCH", "/toys/a", json={"name": "a"}, headers={"If-Match": '"2", "3"'})
    assert several.status_code == 422


async def test_head_is_get_without_the_body(toys: Shop) -> None:
    get, head = await toys.call("GET", "/toys/a"), await toys.call("HEAD", "/toys/a")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag"):
        assert head.headers[name] == get.headers[name]
    assert (await toys.call("HEAD", "/toys/none")).status_code == 404


async def test_options_says_what_is_offered_and_needs_no_token(toys: Shop) -> None:
    answer = await toys.client.request("OPTIONS", "/toys/a")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH"
    assert (await toys.client.request("OPTIONS", "/nowhere")).status_code == 404
