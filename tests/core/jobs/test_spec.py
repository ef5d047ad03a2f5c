"""A job's spec: from a document, to a document, to a workload."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from submarine.core.errors import Fault, InvalidError
from submarine.core.jobs.code import CodeArchive
from submarine.core.jobs.environment import EnvironmentSpec
from submarine.core.jobs.faults import Faults
from submarine.core.jobs.placement import PlacementSpec
from submarine.core.jobs.reading import read_job
from submarine.core.jobs.retry import RetryPolicy
from submarine.core.jobs.spec import JobSpec, RoleSpec
from submarine.core.jobs.workload_of import to_workload
from submarine.core.workloads.rendezvous import Peers
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import (
    Archive,
    Environment,
    Git,
    Handle,
    Remote,
    Role,
    SuccessPolicy,
    WorkloadKind,
)

DIGEST = "9f" * 32


class Plain:
    """A framework without rendezvous."""

    name = "none"

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        return {}


def read(**document: Any) -> JobSpec:
    faults = Faults()
    spec = read_job(document, ["none", "pytorch"], faults)
    faults.refuse("the job")
    return spec


def faults_of(**document: Any) -> list[Fault]:
    with pytest.raises(InvalidError) as caught:
        read(**document)
    return list(caught.value.faults)


def test_a_command_is_enough() -> None:
    assert read(command=["true"]) == JobSpec(
        roles=(RoleSpec(name="worker", replicas=1, command=("true",)),), command=("true",)
    )


def test_every_section_is_read() -> None:
    spec = read(
        framework="pytorch",
        environment={"python": {"packages": ["numpy>=2"]}},
        code={"git": {"url": "https://example.org/a.git", "path": "x"}},
        command="python train.py",
        params={"epochs": 5},
        env={"A": "1", "B": "2"},
        resources="cpu=1",
        roles={
            "ps": {},
            "worker": {"replicas": 2, "resources": "cpu=2", "env": {"B": "3"}, "command": ["w", 1]},
        },
        placement={"labels": {"zone": "a"}, "policy": "spread"},
        queue="root.research",
        priority="high",
        max_duration="2h",
        grace=5,
        retry={"limit": 2, "on": ["lost"]},
        success="any",
    )
    assert spec == JobSpec(
        framework="pytorch",
        environment=EnvironmentSpec(packages=("numpy>=2",)),
        source=Git(url="https://example.org/a.git", path="x"),
        command="python train.py",
        params={"epochs": 5},
        env={"A": "1", "B": "2"},
        resources=Resources(cpu=1000),
        roles=(
            RoleSpec(
                name="ps", command="python train.py", env={"A": "1", "B": "2"}, resources=Resources(cpu=1000)
            ),
            RoleSpec(
                name="worker",
                replicas=2,
                command=("w", "1"),
                env={"A": "1", "B": "3"},
                resources=Resources(cpu=2000),
            ),
        ),
        placement=PlacementSpec(labels={"zone": "a"}, policy="spread"),
        queue="root.research",
        priority=75,
        max_duration=7200,
        grace=5,
        retry=RetryPolicy(limit=2, on=("lost",)),
        success=SuccessPolicy.ANY,
    )
    assert spec.total == Resources(cpu=5000)


def test_the_document_keeps_what_roles_inherit_in_one_place() -> None:
    spec = read(
        command=["a"],
        env={"A": "1"},
        resources="cpu=1",
        roles={"ps": {}, "w": {"resources": {}, "env": {"B": "2"}}},
    )
    document = spec.document()
    assert document["command"] == ["a"]
    assert document["env"] == {"A": "1"}
    assert document["roles"] == {
        "ps": {"replicas": 1},
        "w": {"replicas": 1, "env": {"B": "2"}, "resources": {}},
    }
    assert JobSpec.from_document(document) == spec


def test_a_changed_command_reaches_every_role_that_inherits_it() -> None:
    document = read(command=["a"], roles={"ps": {}, "w": {"command": ["mine"]}}).document()
    spec = JobSpec.from_document(document | {"command": ["b"]})
    assert [role.command for role in spec.roles] == [("b",), ("mine",)]


def test_quantities_are_shown_as_a_user_would_write_them() -> None:
    document = read(
        command="x", resources={"cpu": 0.5, "memory": 2**29}, max_duration=5400, priority=70
    ).document()
    assert document["resources"] == {"cpu": "500m", "memory": "512Mi"}
    assert (document["max_duration"], document["grace"], document["priority"]) == ("1h30m", "30s", 70)


def test_roles_stay_in_the_order_of_the_document() -> None:
    names = ["zeta", "alpha", "mid"]
    spec = read(command="x", roles={name: {} for name in names})
    assert [role.name for role in spec.roles] == names
    assert [*spec.document()["roles"]] == names


@pytest.mark.parametrize(
    ("document", "faults"),
    [
        ({}, [("command", "is missing")]),
        ({"command": []}, [("command", "is empty")]),
        ({"command": "  "}, [("command", "is empty")]),
        ({"command": [""]}, [("command.0", "is empty")]),
        ({"command": ["a", "b\0"]}, [("command.1", "holds a NUL character")]),
        ({"command": "a\0"}, [("command", "holds a NUL character")]),
        ({"command": ["a", "\ud800"]}, [("command.1", "holds half of a surrogate pair")]),
        (
            {"command": ["a", 0.5, True, None]},
            [("command.1", None), ("command.2", None), ("command.3", None)],
        ),
        ({"command": ["x"] * 1001}, [("command", "has 1001 words")]),
        ({"command": ["x" * 65_537]}, [("command.0", "has 65537 characters")]),
        (
            {"command": ["x" * 60_000] * 17},
            [("command", "has 1020000 characters together, parameters filled in")],
        ),
        ({"command": ["${params.x}"] * 167, "params": {"x": "y" * 6000}}, [("command", None)]),
        ({"command": "x", "env": {"A": "${params.x}"}}, [("env.A", "there is no parameter 'x'")]),
        ({"command": "x", "roles": {"w": {"env": {"A": "${params.x}"}}}}, [("roles.w.env.A", None)]),
        ({"command": "x", "env": {"A": "y" * 65_537}}, [("env.A", "has 65537 characters")]),
        ({"command": "x", "env": {f"A{i}": "" for i in range(501)}}, [("env", "has 501 variables")]),
        ({"roles": {"a": {"command": "x"}, "b": {}}}, [("roles.b.command", "is missing here and above")]),
        ({"roles": {"a": {}, "b": {}}}, [("command", "is missing")]),
        ({"command": "x", "roles": {}}, [("roles", "is empty")]),
        ({"command": "x", "roles": {f"r{i}": {} for i in range(17)}}, [("roles", "has 17 roles")]),
        ({"command": "x", "roles": {"a": {"replicas": 0}}}, [("roles.a.replicas", "0 is out of range")]),
        ({"command": "x", "roles": {"a": {"replicas": -1}}}, [("roles.a.replicas", "-1 is out of range")]),
        (
            {"command": "x", "roles": {"a": {"replicas": 10_000}}},
            [("roles.a.replicas", "10000 is out of range")],
        ),
        (
            {"command": "x", "roles": {r: {"replicas": 700} for r in "abc"}},
            [("roles", "have 2100 replicas together")],
        ),
        ({"command": "x", "roles": {"A": {}}}, [("roles.A", "'A' has upper-case letters")]),
        ({"command": "x", "roles": {"a.b": {}}}, [('roles."a.b"', "'a.b' holds '.'")]),
        ({"command": "x", "roles": {"a" * 25: {}}}, [(f"roles.{'a' * 25}", None)]),
        (
            {"command": "x", "roles": {"a": {"ports": {"http": 70_000}}}},
            [("roles.a.ports.http", "70000 is out of range")],
        ),
        (
            {"command": "x", "roles": {"a": {"ports": {"H": 1}}}},
            [("roles.a.ports.H", "'H' has upper-case letters")],
        ),
        ({"command": "x", "params": {"a b": 1}}, [("params.a b", "'a b' cannot name a parameter")]),
        ({"command": "x", "params": {"a": None}}, [("params.a", "is nothing (null)")]),
        ({"command": "x", "params": {"a": [1]}}, [("params.a", "is a list")]),
        ({"command": "x", "params": {"a": "y" * 6001}}, [("params.a", "has 6001 characters")]),
        ({"command": "x", "params": {"a": float("nan")}}, [("params.a", "is nan, which JSON cannot say")]),
        ({"command": "x", "params": {"a": 2**63}}, [("params.a", "is a number of more than 64 bits")]),
        ({"command": "x", "params": {"a": "\0"}}, [("params.a", "holds a NUL character")]),
        ({"command": "x", "params": {f"p{i}": i for i in range(501)}}, [("params", "has 501 parameters")]),
        ({"command": "x", "priority": 101}, [("priority", "101 is out of range")]),
        ({"command": "x", "priority": "hihg"}, [("priority", "'hihg' is no priority")]),
        ({"command": "x", "priority": 1.5}, [("priority", "is the number 1.5")]),
        ({"command": "x", "success": "al"}, [("success", "'al' is no policy of success")]),
        ({"command": "x", "success": 1}, [("success", "is the number 1")]),
        (
            {"command": "x", "success": "chief", "roles": {"worker": {}, "chief": {}}},
            [("roles", "the chief is replica 0 of the first role, which is 'worker'")],
        ),
        ({"command": "x", "framework": "pytroch"}, [("framework", "there is no framework 'pytroch'")]),
        ({"command": "x", "max_duration": "0s"}, [("max_duration", "'0s' is too short")]),
        ({"command": "x", "max_duration": "400d"}, [("max_duration", "'400d' is too long")]),
        ({"command": "x", "grace": "2h"}, [("grace", "'2h' is too long")]),
        ({"command": "x", "queue": "a b"}, [("queue", "'a b' cannot name a queue")]),
        (
            {"command": "x", "placement": {"cluster": "a", "policy": "b"}},
            [("placement", "says cluster and policy")],
        ),
        ({"command": "x", "placement": {"cluster": "a", "labels": {"b": "c"}}}, [("placement", None)]),
        ({"command": "x", "placement": {"options": {"a": 1}}}, [("placement.options", None)]),
        (
            {"command": "x", "placement": {"cluster": "A"}},
            [("placement.cluster", "'A' has upper-case letters")],
        ),
        ({"command": "x", "placement": {"labels": {"a b": "c"}}}, [("placement.labels.a b", None)]),
        (
            {"command": "x", "placement": {"policy": "p", "options": {"a": {}}}},
            [("placement.options.a", None)],
        ),
        (
            {"command": "x", "placement": {"policy": "p", "options": {"a": ["b", None]}}},
            [("placement.options.a", None)],
        ),
        (
            {"command": "x", "environment": {"image": "a", "name": "b"}},
            [("environment", "says image and name")],
        ),
        ({"command": "x", "environment": {"image": "a b"}}, [("environment.image", None)]),
        ({"command": "x", "environment": {"image": "-v"}}, [("environment.image", None)]),
        ({"command": "x", "environment": {"image": "A/b@sha256:00"}}, [("environment.image", None)]),
        ({"command": "x", "environment": {"name": "Torch"}}, [("environment.name", None)]),
        (
            {
                "command": "x",
                "environment": {"python": {"packages": ["a", "--index-url=http://x", "b\nc", ""]}},
            },
            [
                ("environment.python.packages.1", None),
                ("environment.python.packages.2", None),
                ("environment.python.packages.3", None),
            ],
        ),
        ({"command": "x", "code": {}}, [("code", "says nothing")]),
        ({"command": "x", "code": {"dir": "."}}, [("code.dir", None)]),
        (
            {"command": "x", "code": {"uri": "s3://a/b", "git": {"url": "https://x/y"}}},
            [("code", "says uri and git")],
        ),
        (
            {"command": "x", "code": {"archive": {"digest": "xyz", "size": 0}}},
            [("code.archive.digest", None), ("code.archive.size", None)],
        ),
    ],
)
def test_a_broken_law_names_its_field(document: dict[str, Any], faults: list[tuple[str, str | None]]) -> None:
    found = faults_of(**document)
    assert [
        (f.field, f.reason if reason is not None else None)
        for f, (_, reason) in zip(found, faults, strict=True)
    ] == faults


@pytest.mark.parametrize(
    "url",
    ["https://github.com/a/b.git", "ssh://git@host:2222/a/b", "git://host/a", "http://[::1]:8080/a"],
)
def test_repositories_may_be_at(url: str) -> None:
    assert read(command="x", code={"git": {"url": url}}).source == Git(url=url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc",
        "ext::sh -c touch% /tmp/pwned",
        "--upload-pack=touch /tmp/x",
        "/srv/repo",
        "https://",
        "https:///path",
        "https://user:secret@host/a",
        "https://-oProxyCommand=x/a",
        "ssh://-oProxyCommand=x/a",
        "https://host/a b",
        "https://host/a\nb",
        "https://[::1/a",
        "javascript:alert(1)",
        "",
        "https://h/" + "a" * 2000,
    ],
)
def test_repositories_may_not_be_at(url: str) -> None:
    (fault,) = faults_of(command="x", code={"git": {"url": url}})
    assert fault.field == "code.git.url"
    assert "secret" not in fault.reason


def test_a_repository_in_the_short_form_of_ssh_is_told_the_long_one() -> None:
    (fault,) = faults_of(command="x", code={"git": {"url": "git@github.com:a/b.git"}})
    assert fault.expected == "ssh://git@github.com/a/b.git"


@pytest.mark.parametrize(
    "ref", ["-x", "--upload-pack=x", "a..b", "a b", "a~1", "a^", "a:b", "", "/a", "a/", "a.lock", "a\0"]
)
def test_odd_refs_are_refused(ref: str) -> None:
    (fault,) = faults_of(command="x", code={"git": {"url": "https://x/y", "ref": ref}})
    assert fault.field == "code.git.ref"


@pytest.mark.parametrize("path", ["/etc", "../x", "a/../../b", "-x", "", "a\\b", "a\nb"])
def test_paths_that_leave_the_repository_are_refused(path: str) -> None:
    (fault,) = faults_of(command="x", code={"git": {"url": "https://x/y", "path": path}})
    assert fault.field == "code.git.path"


@pytest.mark.parametrize(
    "uri", ["s3://bucket/code.tar.gz", "hdfs:///user/a.tar.gz", "https://host/a.tgz?x=1"]
)
def test_archives_may_be_at(uri: str) -> None:
    assert read(command="x", code={"uri": uri}).source == Remote(uri=uri)


@pytest.mark.parametrize(
    "uri", ["file:///etc/passwd", "s3://", "code.tar.gz", "ftp://host/x", "https://u:p@host/x"]
)
def test_archives_may_not_be_at(uri: str) -> None:
    (fault,) = faults_of(command="x", code={"uri": uri})
    assert fault.field == "code.uri"


@pytest.mark.parametrize(
    "image",
    [
        "python",
        "python:3.11",
        "registry/ml:1",
        "localhost:5000/a/b_c:v1.2-x",
        "ghcr.io/a/b@sha256:" + "0" * 64,
        "127.0.0.1:5000/a",
    ],
)
def test_images_may_be(image: str) -> None:
    assert read(command="x", environment={"image": image}).environment.image == image


def test_a_workload_has_everything_filled_in() -> None:
    spec = read(
        command="python t.py ${params.name}",
        params={"name": "it's", "n": 3},
        env={"N": "${params.n}"},
        resources="cpu=1",
        roles={"ps": {"ports": {"http": 0}}, "w": {"replicas": 2, "command": ["w", "--n=${params.n}"]}},
        environment={"image": "a:1"},
        queue="q",
        priority=3,
        max_duration=60,
        grace=1,
        success="chief",
    )
    made = to_workload(
        spec,
        job="01job",
        attempt=2,
        framework=Plain(),
        env={"SUBMARINE_URL": "http://x"},
        secrets={"SUBMARINE_TOKEN": "t"},
        labels={"l": "v"},
    )
    env = {"N": "3", "SUBMARINE_URL": "http://x"}
    assert made.roles == (
        Role(
            name="ps",
            replicas=1,
            command=("sh", "-c", "python t.py 'it'\"'\"'s'"),
            env=env,
            resources=Resources(cpu=1000),
            ports={"http": 0},
        ),
        Role(name="w", replicas=2, command=("w", "--n=3"), env=env, resources=Resources(cpu=1000)),
    )
    assert made.name == Handle("sub-01job-2")
    assert made.kind is WorkloadKind.BATCH
    assert made.environment == Environment(image="a:1")
    assert (made.secrets, made.labels) == ({"SUBMARINE_TOKEN": "t"}, {"l": "v"})
    assert (made.queue, made.priority, made.max_duration, made.grace) == ("q", 3, 60, 1)
    assert made.success is SuccessPolicy.CHIEF
    assert made.source is None


def test_an_archive_needs_its_own_bytes() -> None:
    spec = read(command="x", code={"archive": {"digest": DIGEST, "size": 3, "name": "digits"}})
    assert spec.source == CodeArchive(digest=DIGEST, size=3, name="digits")

    async def empty() -> AsyncIterator[bytes]:
        yield b""

    right, other = (Archive(digest=d, size=3, read=empty) for d in (DIGEST, "0" * 64))
    assert to_workload(spec, job="j", attempt=1, framework=Plain(), source=right).source is right
    for source in (None, other):
        with pytest.raises(ValueError, match=DIGEST):
            to_workload(spec, job="j", attempt=1, framework=Plain(), source=source)


def test_a_named_environment_must_be_resolved_by_the_caller() -> None:
    spec = read(command="x", environment={"name": "torch-cpu"})
    found = Environment(image="a")
    assert to_workload(spec, job="j", attempt=1, framework=Plain(), environment=found).environment is found
    with pytest.raises(InvalidError) as caught:
        to_workload(spec, job="j", attempt=1, framework=Plain())
    assert caught.value.faults[0].field == "environment.name"


def test_a_repository_goes_as_it_is() -> None:
    spec = read(command="x", code={"git": {"url": "https://x/y"}})
    assert to_workload(spec, job="j", attempt=1, framework=Plain()).source == Git(url="https://x/y")


def test_an_older_document_without_new_keys_is_still_read() -> None:
    document = read(command=["a"]).document()
    assert JobSpec.from_document(
        {k: v for k, v in document.items() if k not in {"params", "env"}}
    ).command == ("a",)
