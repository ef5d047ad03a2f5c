"""As whom jobs run where each runs as who submits it, and as whom none ever does."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.yarn import acting
from submarine.adapters.yarn.config import YarnConfig


def config(**more: Any) -> YarnConfig:
    told = {"resource_managers": ("http://rm:8088",), "name_nodes": ("http://nn:9870",)}
    return YarnConfig(**{**told, "act_as": "{user}", "staging": "/apps/submarine", **more})


@pytest.mark.parametrize("user", ["alice", "jane.doe", "u12345", "ml-team_2"])
def test_a_short_unix_name_is_the_same_in_hadoop(user: str) -> None:
    assert acting.refusal(config(), user) is None


@pytest.mark.parametrize(
    ("user", "why"),
    [
        ("", "nobody has submitted"),
        (
            "alice@example.org",
            "'alice@example.org' is no short Unix name; an operator may say",
        ),
        ("4711", "no short Unix name"),
        ("a" * 33, "no short Unix name"),
        ("alice\n", "no short Unix name"),
        ("al/ice", "no short Unix name"),
        ("аlice", "no short Unix name"),  # noqa: RUF001 - it begins with a Cyrillic letter
        ("ALICE", "no short Unix name"),
        ("submarine", "submarine is the server itself"),
        ("hdfs", "hdfs is no person's account"),
        ("root", "root is no person's account"),
        ("yarn", "yarn is no person's account"),
    ],
)
def test_nobody_else_runs_and_is_told_why(user: str, why: str) -> None:
    assert why in str(acting.refusal(config(), user))


def test_who_the_server_is_counts_by_its_principal() -> None:
    told = config(principal="train/host@EXAMPLE.ORG", keytab="/k")
    assert "the server itself" in str(acting.refusal(told, "train"))
    assert acting.refusal(told, "submarine") is None


def test_other_names_are_as_the_table_says_and_take_nobodys() -> None:
    told = config(hadoop_users={"alice@example.org": "alice", "bob": "robert"})
    assert acting.refusal(told, "alice@example.org") is None
    assert acting.refusal(told, "bob") is None
    assert "somebody else" in str(acting.refusal(told, "alice"))
    assert "somebody else" in str(acting.refusal(told, "robert"))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"staging": None}, "needs staging, a folder on HDFS of submarine"),
        ({"act_as": "{team}"}, "act_as is {user} or what Hadoop calls somebody"),
        ({"act_as": "alice", "hadoop_users": {"bob": "robert"}}, 'hadoop_users is for act_as = "{user}"'),
        ({"hadoop_users": {"Alice": "alice"}}, "'Alice' is no name in Submarine"),
        ({"hadoop_users": {"alice": "../alice"}}, "'../alice' is no name in Hadoop"),
        ({"hadoop_users": {"alice": "4711"}}, "'4711' is no name in Hadoop"),
        ({"hadoop_users": {"alice": "HDFS"}}, "HDFS is no person's account"),
        ({"hadoop_users": {"alice": "submarine"}}, "submarine is the server itself"),
        ({"user": "ml", "hadoop_users": {"alice": "ml"}}, "ml is the server itself"),
    ],
)
def test_settings_that_would_let_the_wrong_one_run_are_refused(more: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as raised:
        config(**more)
    assert why in str(raised.value)


@pytest.mark.parametrize("user", ["hdfs", "root", "Yarn"])
def test_the_server_acts_for_no_daemon_whoever_has_a_folder_of_that_name(user: str) -> None:
    with pytest.raises(RefusedError, match="acts for people alone"):
        acting.acting(config(), user)


def test_the_server_acts_for_others_and_is_itself() -> None:
    assert acting.acting(config(), "alice") == "alice"
    assert acting.acting(config(), "submarine") is None
    assert acting.acting(config(act_as="root"), "root") == "root"  # as the settings say, and HDFS refuses
