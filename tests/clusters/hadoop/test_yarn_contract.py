"""The YARN runtime keeps every promise of a runtime, on real Hadoop daemons.

A container takes seconds to start, so only some of them are shown in every run; ARGS='-m cluster' for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

import pytest
from typing_extensions import override

from submarine.adapters.yarn.shell import MASTER
from submarine.contracts.faults import FaultyLink
from submarine.contracts.faults.victims import marked
from submarine.contracts.runtime import RuntimeContract
from submarine.contracts.runtime.kit import Victims
from submarine.core.workloads.resources import Resources
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.forwarding import forwarding
from tests.clusters.hadoop.settings import ANSWER_SECONDS, yarn_options

QUEUES: Final = "YARN holds in its queues what does not fit"
BRIEF: Final = frozenset(
    {
        "test_a_command_that_exits_with_zero_succeeds",
        "test_a_command_that_exits_otherwise_fails_with_its_code",
        "test_peers_learn_the_same_addresses",
        "test_submitting_twice_starts_it_once",
        "test_a_restarted_server_finds_what_runs",
        "test_a_full_cluster_still_adopts",
        "test_a_full_cluster_says_so_and_leaves_nothing",
        "test_room_is_taken_and_given_back",
        "test_all_must_succeed_and_one_failure_stops_the_others",
        "test_a_process_may_say_goodbye",
        "test_what_is_cancelled_before_it_is_submitted_never_starts",
        "test_removing_kills_and_forgets",
        "test_output_is_followed_to_the_last_byte",
        "test_the_spool_is_whole_lines",
        "test_a_service_is_reached",
        "test_suspended_stands_still_and_resumed_goes_on",
        "test_a_killed_replica_does_not_run_for_ever",
        "test_a_cluster_is_known_again",
        "test_a_submit_that_is_delivered_twice_starts_once",
        "test_a_backend_that_hangs_is_unavailable_in_time",
        "test_who_has_to_go_may_say_goodbye",
        "test_who_joins_knows_everybody",
    }
)
"""The promises that every run shows; all others are for the long ones."""
BRIEF_SHELL: Final = frozenset(
    {
        "test_peers_learn_the_same_addresses",
        "test_submitting_twice_starts_it_once",
        "test_a_service_is_reached",
        "test_a_process_may_say_goodbye",
    }
)
"""Those in which its form differs most from that of services."""


KEPT: Final = "the master of the distributed shell is told once how many containers it has"
SIZES: Final = (
    "test_a_service_grows",
    "test_a_service_shrinks_from_its_end",
    "test_who_has_to_go_may_say_goodbye",
    "test_who_joins_knows_everybody",
    "test_who_had_to_go_can_come_back",
    "test_scaling_twice_is_scaling_once",
    "test_of_two_servers_the_last_word_counts",
    "test_a_pause_keeps_the_size",
    "test_what_has_ended_keeps_its_size",
    "test_a_new_size_whose_answer_is_cut_off_can_be_repeated",
)
"""Promises about sizes that a form without them cannot keep; it keeps those about what is refused."""


class OnYarn(RuntimeContract):
    adapter = "yarn"
    brief = BRIEF
    patience: ClassVar[float] = 150.0
    unit: ClassVar[float] = 1.0
    waived: ClassVar[dict[str, str]] = {
        "test_a_full_cluster_says_so_and_leaves_nothing": QUEUES,
        "test_room_is_taken_and_given_back": QUEUES,
        "test_growth_without_room_is_refused": QUEUES,
        "test_a_full_cluster_still_adopts": "no container is as large as two nodes, so that is refused",
    }
    gives_up: ClassVar[float] = 3 * ANSWER_SECONDS

    @pytest.fixture
    @override
    def backend(self) -> Iterator[tuple[str, int]]:
        with forwarding() as place:
            yield place

    @pytest.fixture
    @override
    def resources(self) -> Resources:
        # YARN kills what uses more than it asked for: a launcher and a command, both Python.
        return Resources(cpu=10, memory=128 * 2**20)

    @pytest.fixture
    @override
    def victims(self) -> Victims:
        return lambda handle: marked(f"SUBMARINE_WORKLOAD={handle}")


class TestYarnRuntime(OnYarn):
    @pytest.fixture
    @override
    def options(self, plain_hadoop: HadoopCluster, link: FaultyLink) -> Mapping[str, object]:
        return yarn_options(plain_hadoop, "alice", queue="batch", proxy=link.url)


class ByShell(OnYarn):
    """By the distributed shell."""

    brief = BRIEF_SHELL
    waived: ClassVar[dict[str, str]] = {**OnYarn.waived, **dict.fromkeys(SIZES, KEPT)}

    @pytest.fixture
    @override
    def victims(self) -> Victims:
        # On the command line of the master it is only what containers are given.
        return lambda handle: sorted({*marked(f"SUBMARINE_WORKLOAD={handle}")} - {*marked(MASTER)})


class TestYarnShell(ByShell):
    @pytest.fixture
    @override
    def options(self, plain_hadoop: HadoopCluster, link: FaultyLink) -> Mapping[str, object]:
        return yarn_options(plain_hadoop, "alice", queue="batch", proxy=link.url, form="shell")


class TestYarnShellAlone(ByShell):
    """The services API is off: nobody says which form to take."""

    @pytest.fixture
    @override
    def options(self, bare_hadoop: HadoopCluster, link: FaultyLink) -> Mapping[str, object]:
        return yarn_options(bare_hadoop, "alice", queue="batch", proxy=link.url)


class TestYarnShellWithKerberos(ByShell):
    """The application brings a token for HDFS of alice, for whom submarine acts."""

    @pytest.fixture
    @override
    def options(self, kerberos: HadoopCluster, link: FaultyLink) -> Mapping[str, object]:
        return yarn_options(kerberos, act_as="alice", queue="batch", proxy=link.url, form="shell")


class TestYarnRuntimeOfAPair(OnYarn):
    @pytest.fixture
    @override
    def options(self, ha_hadoop: HadoopCluster, link: FaultyLink) -> Mapping[str, object]:
        return yarn_options(ha_hadoop, "alice", queue="batch", proxy=link.url)


class TestYarnRuntimeWithKerberos(OnYarn):
    """The server is submarine, and acts for alice."""

    @pytest.fixture
    @override
    def options(self, kerberos: HadoopCluster, link: FaultyLink) -> Mapping[str, object]:
        return yarn_options(kerberos, act_as="alice", queue="batch", proxy=link.url)
