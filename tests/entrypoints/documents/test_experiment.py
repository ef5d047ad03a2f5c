"""A document becomes an experiment, or each of its faults is named with its field."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from submarine.core.errors import Fault, InvalidError
from submarine.core.experiments.patch import merge_patch
from submarine.core.experiments.spec import ExperimentSpec
from submarine.core.jobs.placement import PlacementSpec
from submarine.core.workloads.resources import Resources
from submarine.entrypoints.documents.errors import MalformedError
from submarine.entrypoints.documents.experiment import parse_experiment, read_experiment
from submarine.entrypoints.documents.models import ExperimentDocument
from submarine.entrypoints.documents.plain_yaml import load_yaml

FRAMEWORKS = ["none", "pytorch", "tensorflow", "xgboost"]
TOP = ", ".join(sorted(ExperimentDocument.model_fields))

LABEL = "lower-case letters a-z, digits and hyphens, at most 63"

SKETCH = """
kind: experiment
name: digits-ddp                   # unique in its project among live ones; generated when absent
project: vision                    # else the default of the context
tags: [demo]
framework: pytorch                 # whose rendezvous variables; "none" by default
environment: {image: registry/ml:1}
command: [python, train.py, --epochs, "${params.epochs}"]      # a list as it is; a string is run by sh -c
params: {epochs: 5}                # recorded, and there for the command
env: {OMP_NUM_THREADS: "1"}
resources: cpu=1,memory=512Mi      # Kubernetes quantities; also as a mapping
roles:                             # else one role "worker" with one replica
  ps: {replicas: 1}
  worker: {replicas: 2, resources: cpu=2,memory=1Gi}
queue: research
priority: normal
max_duration: 2h
retry: {limit: 2, on: [lost, preempted, "exit:137"]}
success: all                       # all | chief | any
"""


def parse(text: str) -> ExperimentSpec:
    return parse_experiment(text.encode(), "application/yaml", FRAMEWORKS)


def faults_of(document: Any) -> list[Fault]:
    read = parse if isinstance(document, str) else lambda plain: read_experiment(plain, FRAMEWORKS)
    with pytest.raises(InvalidError) as caught:
        read(document)
    return list(caught.value.faults)


def test_the_whole_sketch_is_an_experiment() -> None:
    assert parse(SKETCH).document() == {
        "kind": "experiment",
        "name": "digits-ddp",
        "project": "vision",
        "tags": ["demo"],
        "framework": "pytorch",
        "environment": {"image": "registry/ml:1"},
        "command": ["python", "train.py", "--epochs", "${params.epochs}"],
        "params": {"epochs": 5},
        "env": {"OMP_NUM_THREADS": "1"},
        "resources": {"cpu": "1", "memory": "512Mi"},
        "roles": {
            "ps": {"replicas": 1},
            "worker": {"replicas": 2, "resources": {"cpu": "2", "memory": "1Gi"}},
        },
        "queue": "research",
        "priority": 50,
        "max_duration": "2h",
        "grace": "30s",
        "retry": {"limit": 2, "on": ["lost", "preempted", "exit:137"]},
        "success": "all",
    }


def test_yaml_and_json_say_the_same() -> None:
    spec = parse(SKETCH)
    raw = json.dumps(spec.document()).encode()
    assert parse_experiment(raw, "application/json", FRAMEWORKS) == spec


def test_resources_that_yaml_split_at_a_comma_are_put_together_again() -> None:
    spec = parse("command: x\nroles:\n  worker: {replicas: 2, resources: cpu=2,memory=1Gi,nvidia.com/gpu=1}")
    assert spec.job.roles[0].resources == Resources(cpu=2000, memory=2**30, extra={"nvidia.com/gpu": 1})
    assert parse("{command: x, resources: cpu=2,memory=1Gi}").job.resources == Resources(
        cpu=2000, memory=2**30
    )
    (fault,) = faults_of("command: x\nroles:\n  worker: {resources: cpu=2,memory=1Go}")
    assert (fault.field, fault.reason) == ("roles.worker.resources.memory", "unit 'Go' is not one of memory")


def test_an_unknown_key_is_refused_even_if_it_says_nothing() -> None:
    assert [
        fault.field for fault in faults_of("command: x\ntimeout:\nroles: {w: {gpus: }}\nretry: {x: }")
    ] == [
        "timeout",
        "roles.w.gpus",
        "retry.x",
    ]


@pytest.mark.parametrize(
    ("line", "path", "value"),
    [
        (
            "environment: {python: {packages: [numpy, torch]}}",
            "environment",
            {"python": {"packages": ["numpy", "torch"]}},
        ),
        ("environment: {name: torch-cpu}", "environment", {"name": "torch-cpu"}),
        (
            "code: {git: {url: 'https://x.org/a', ref: v1, path: b}}",
            "code",
            {"git": {"url": "https://x.org/a", "ref": "v1", "path": "b"}},
        ),
        ("code: {uri: s3://bucket/code.tar.gz}", "code", {"uri": "s3://bucket/code.tar.gz"}),
        (
            f"code: {{archive: {{digest: {'a' * 64}, size: 7}}}}",
            "code",
            {"archive": {"digest": "a" * 64, "size": 7}},
        ),
        ("placement: {cluster: prod-a}", "placement", {"cluster": "prod-a"}),
        ("placement: {labels: {zone: a}}", "placement", {"labels": {"zone": "a"}}),
        ("placement: {policy: least-loaded}", "placement", {"policy": "least-loaded"}),
        (
            "placement: {policy: ordered-preference, options: {order: [a, b]}}",
            "placement",
            {"policy": "ordered-preference", "options": {"order": ["a", "b"]}},
        ),
        ("resources: {cpu: 0.5, memory: 1Gi}", "resources", {"cpu": "500m", "memory": "1Gi"}),
        ("priority: 70", "priority", 70),
        ("max_duration: 90", "max_duration", "1m30s"),
        ("grace: 5s", "grace", "5s"),
        ("success: chief", "success", "chief"),
        (
            "params: {lr: 1e-3, shuffle: yes, deep: true, day: 2026-11-24}",
            "params",
            {"lr": 0.001, "shuffle": "yes", "deep": True, "day": "2026-11-24"},
        ),
        ("env: {N: 5}", "env", {"N": "5"}),
        ("description: ", "description", None),
        (
            "roles:\n  worker:\n  ps: {replicas: 2}",
            "roles",
            {"worker": {"replicas": 1}, "ps": {"replicas": 2}},
        ),
        ("roles: {worker: {replicas: ~, env: ~}}", "roles", {"worker": {"replicas": 1}}),
        ("code: {archive: ~, git: ~, uri: 's3://a/b'}", "code", {"uri": "s3://a/b"}),
        ("retry: {on: [failed]}", "retry", {"limit": 1, "on": ["failed"]}),
        ("command: [sleep, 60]", "command", ["sleep", "60"]),
    ],
)
def test_each_form_of_each_section_is_read(line: str, path: str, value: object) -> None:
    text = line if line.startswith("command") else f"command: x\n{line}"
    assert parse(text).document().get(path) == value


BAD: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("[]", [("", "the document is a list", "a mapping such as {name: digits, command: [python, train.py]}")]),
    ("", [("", "the document is empty", "a mapping such as {name: digits, command: [python, train.py]}")]),
    (
        "hello",
        [
            (
                "",
                "the document is the text 'hello'",
                "a mapping such as {name: digits, command: [python, train.py]}",
            )
        ],
    ),
    (
        "command: x\ncomand: y",
        [("comand", "there is no such key here", f"did you mean 'command'? one of {TOP}")],
    ),
    (
        "command: x\nimage: y",
        [("image", "there is no such key here", f"did you mean environment.image? one of {TOP}")],
    ),
    (
        "command: x\nreplicas: 2",
        [("replicas", "there is no such key here", f"did you mean roles.worker.replicas? one of {TOP}")],
    ),
    (
        "command: x\nmax-duration: 2h",
        [("max-duration", "there is no such key here", f"did you mean 'max_duration'? one of {TOP}")],
    ),
    ("command: x\nzzz: 2h", [("zzz", "there is no such key here", f"one of {TOP}")]),
    (
        "command: x\nretry: {limt: 2}",
        [("retry.limt", "there is no such key here", "did you mean 'limit'? one of limit, on")],
    ),
    (
        "command: x\nroles: {w: {replica: 2}}",
        [
            (
                "roles.w.replica",
                "there is no such key here",
                "did you mean 'replicas'? one of command, env, ports, replicas, resources",
            )
        ],
    ),
    (
        "command: x\nenvironment: {python: {package: [a]}}",
        [
            (
                "environment.python.package",
                "there is no such key here",
                "did you mean 'packages'? one of packages",
            )
        ],
    ),
    (
        "command: x\ncode: {git: {url: 'https://a/b', branch: c}}",
        [("code.git.branch", "there is no such key here", "one of path, ref, url")],
    ),
    ("kind: notebook\ncommand: x", [("kind", "is the text 'notebook'", "'experiment'")]),
    ("name: 5\ncommand: x", [("name", "is the number 5, not a text", '"5" in quotes')]),
    ("name: true\ncommand: x", [("name", "is the boolean true, not a text", '"true" in quotes')]),
    ("name: [a]\ncommand: x", [("name", "is a list, not a text", 'such as "digits"')]),
    ("name: {a: b}\ncommand: x", [("name", "is a mapping, not a text", 'such as "digits"')]),
    (
        "name: 数字\ncommand: x",
        [
            (
                "name",
                "'数字' holds '数', and clusters take only plain letters in names",
                f"{LABEL}, such as 'digits-1'; other scripts are welcome in description and tags",
            )
        ],
    ),
    ("project: 1.5\ncommand: x", [("project", "is the number 1.5, not a text", '"1.5" in quotes')]),
    ("tags: demo\ncommand: x", [("tags", "is the text 'demo', not a list", 'such as ["demo"]')]),
    ("tags: [1]\ncommand: x", [("tags.0", "is the number 1, not a text", '"1" in quotes')]),
    (
        "tags: [a, ]\ncommand: x\nenv: []",
        [("env", "is a list, not a mapping", 'such as {"OMP_NUM_THREADS": "1"}')],
    ),
    ("tags:\n  - a\n  -\ncommand: x", [("tags.1", "is nothing (null), not a text", "a text")]),
    (
        "command: 5",
        [("command", "is the number 5", "a list such as [python, train.py], or a text for sh -c")],
    ),
    (
        "command: {a: b}",
        [("command", "is a mapping", "a list such as [python, train.py], or a text for sh -c")],
    ),
    ("command: [sleep, 0.5]", [("command.1", "is the number 0.5, and must be a text", '"0.5", in quotes')]),
    ("command: [x, true]", [("command.1", "is the boolean true, and must be a text", '"true", in quotes')]),
    ("command: [x, [y]]", [("command.1", "is a list, and must be a text", "a text")]),
    ("command:\n", [("command", "is missing", "a list such as [python, train.py], or a text for sh -c")]),
    ("name: a", [("command", "is missing", "a list such as [python, train.py], or a text for sh -c")]),
    (
        "command: x\nenv: {A: true}",
        [("env.A", "is the boolean true, and must be a text", '"true", in quotes')],
    ),
    ("command: x\nenv: {A: 3.10}", [("env.A", "is the number 3.1, and must be a text", '"3.1", in quotes')]),
    ("command: x\nenv: {A: }", [("env.A", "is nothing (null), and must be a text", "a text")]),
    ("command: x\nenv: [A=b]", [("env", "is a list, not a mapping", 'such as {"OMP_NUM_THREADS": "1"}')]),
    (
        "command: x\nenv: {1A: b}",
        [("env.1A", "'1A' cannot name an environment variable", "letters, digits and _, no digit first")],
    ),
    ("command: x\nparams: [a]", [("params", "is a list, not a mapping", 'such as {"epochs": 5}')]),
    ("command: x\nparams: {a: }", [("params.a", "is nothing (null)", "a text, a number or a boolean")]),
    ("command: x\nparams: {a: [1, 2]}", [("params.a", "is a list", "a text, a number or a boolean")]),
    (
        "command: x\nparams: {a: .inf}",
        [("params.a", "is inf, which JSON cannot say", "a finite number, or a text in quotes")],
    ),
    (
        "command: x\nresources: [1]",
        [("resources", "is a list", "a text such as cpu=1,memory=512Mi or a mapping")],
    ),
    (
        "command: x\nresources: cpu=1;memory=1Gi",
        [("resources.cpu", "'1;memory=1Gi' is not a quantity", "cores such as 2, 0.5 or 500m")],
    ),
    (
        "command: x\nresources: {memory: 512MB}",
        [
            (
                "resources.memory",
                "unit 'MB' is not one of memory",
                "512Mi (powers of 1024) or 512M (powers of 1000)",
            )
        ],
    ),
    (
        "command: x\nresources: {cpu: }",
        [("resources.cpu", "is nothing (null), not a quantity", "cores such as 2, 0.5 or 500m")],
    ),
    (
        "command: x\nroles: [worker]",
        [("roles", "is a list, not a mapping", 'such as {"worker": {"replicas": 2}}')],
    ),
    ("command: x\nroles: {worker: 2}", [("roles.worker", "is the number 2, not a mapping", "a mapping")]),
    ("command: x\nroles: {}", [("roles", "is empty", "1 to 16 roles, or nothing for one 'worker'")]),
    ("command: x\nroles: {w: {replicas: 0}}", [("roles.w.replicas", "0 is out of range", "1 to 1000")]),
    (
        "command: x\nroles: {w: {replicas: 10000}}",
        [("roles.w.replicas", "10000 is out of range", "1 to 1000")],
    ),
    (
        'command: x\nroles: {w: {replicas: "2"}}',
        [("roles.w.replicas", "is the text '2', not a whole number", "such as 2")],
    ),
    (
        "command: x\nroles: {w: {replicas: 1.5}}",
        [("roles.w.replicas", "is the number 1.5, not a whole number", "such as 2")],
    ),
    (
        "command: x\nroles: {w: {replicas: 2.0}}",
        [("roles.w.replicas", "is the number 2.0, not a whole number", "such as 2")],
    ),
    (
        "command: x\nroles: {w: {replicas: true}}",
        [("roles.w.replicas", "is the boolean true, not a whole number", "such as 2")],
    ),
    (
        "command: x\nroles: {w: {ports: {http: '80'}}}",
        [("roles.w.ports.http", "is the text '80', not a whole number", "a whole number")],
    ),
    (
        "command: x\nroles: {Worker_1: {replicas: '2'}}",
        [
            ("roles.Worker_1.replicas", "is the text '2', not a whole number", "such as 2"),
            (
                "roles.Worker_1",
                "'Worker_1' has upper-case letters",
                "lower-case letters a-z, digits and hyphens, at most 24, such as 'worker-1'",
            ),
        ],
    ),
    ("command: x\nenvironment: torch", [("environment", "is the text 'torch', not a mapping", "a mapping")]),
    (
        "command: x\nenvironment: {image: a, name: b}",
        [("environment", "says image and name", "at most one of image, python and name")],
    ),
    (
        "command: x\nenvironment: {python: {packages: numpy}}",
        [("environment.python.packages", "is the text 'numpy', not a list", 'such as ["numpy>=2"]')],
    ),
    (
        "command: x\nenvironment: {python: {packages: [5]}}",
        [("environment.python.packages.0", "is the number 5, not a text", '"5" in quotes')],
    ),
    ("command: x\ncode: .", [("code", "is the text '.', not a mapping", "a mapping")]),
    (
        "command: x\ncode: {dir: .}",
        [
            (
                "code.dir",
                "a folder is uploaded by the client, and the server never sees it",
                "code.archive: {digest, size}; the command line uploads the folder and writes that",
            )
        ],
    ),
    ("command: x\ncode: {}", [("code", "says nothing", "exactly one of archive, git and uri")]),
    (
        f"command: x\ncode: {{archive: {{digest: {'a' * 64}}}}}",
        [("code.archive.size", "is missing", "such as 10240")],
    ),
    (
        "command: x\ncode: {archive: {digest: abc, size: 1}}",
        [("code.archive.digest", "'abc' is no SHA-256", "64 hexadecimal digits in lower case")],
    ),
    (
        "command: x\ncode: {git: {}}",
        [("code.git.url", "is missing", 'such as "https://example.org/team/repo.git"')],
    ),
    (
        "command: x\ncode: {git: {url: 'file:///etc'}}",
        [
            (
                "code.git.url",
                "'file:///etc': scheme 'file' is not allowed here",
                "a URL that begins with https://, ssh://, http:// or git://",
            )
        ],
    ),
    (
        "command: x\ncode: {git: {url: 'ext::sh -c id'}}",
        [
            (
                "code.git.url",
                "'ext::sh -c id' is no URL: it is too long or holds spaces",
                "a URL that begins with https://, ssh://, http:// or git://",
            )
        ],
    ),
    (
        "command: x\nplacement: {cluster: a, labels: {b: c}}",
        [("placement", "says cluster and labels", "cluster alone, or labels, policy or both")],
    ),
    ("command: x\nplacement: prod", [("placement", "is the text 'prod', not a mapping", "a mapping")]),
    (
        "command: x\nplacement: {labels: {a: 5}}",
        [("placement.labels.a", "is the number 5, not a text", '"5" in quotes')],
    ),
    ("command: x\nqueue: 5", [("queue", "is the number 5, not a text", '"5" in quotes')]),
    (
        "command: x\npriority: urgent",
        [("priority", "'urgent' is no priority", "low, normal, high or a whole number from 0 to 100")],
    ),
    (
        "command: x\npriority: 101",
        [("priority", "101 is out of range", "low, normal, high or a whole number from 0 to 100")],
    ),
    ("command: x\nmax_duration: 30min", [("max_duration", "unit 'min' is not one of time", "30m")]),
    (
        "command: x\nmax_duration: 1:30",
        [
            (
                "max_duration",
                "'1:30' is not a length of time",
                "a length of time such as 30s, 45m, 1h30m or 2d, or a number of seconds",
            )
        ],
    ),
    ("command: x\nmax_duration: 2000d", [("max_duration", "'2000d' is too long", "between 1s and 365d")]),
    ("command: x\nretry: 3", [("retry", "is the number 3, not a mapping", "a mapping")]),
    ("command: x\nretry: {limit: 11}", [("retry.limit", "11 is out of range", "0 to 10 further attempts")]),
    (
        "command: x\nretry: {limit: two}",
        [("retry.limit", "is the text 'two', not a whole number", "such as 2")],
    ),
    (
        "command: x\nretry: {on: lost}",
        [("retry.on", "is the text 'lost', not a list", 'such as ["lost", "preempted", "exit:137"]')],
    ),
    (
        "command: x\nretry: {on: [exit:300]}",
        [("retry.on.0", "'exit:300' is no exit code", "exit:N with N from 1 to 255")],
    ),
    ("command: x\nsuccess: some", [("success", "'some' is no policy of success", "all, chief or any")]),
    (
        "command: x\nframework: torch",
        [
            (
                "framework",
                "there is no framework 'torch'",
                "did you mean 'pytorch'? one of none, pytorch, tensorflow, xgboost",
            )
        ],
    ),
    ("command: x\nframework: [a]", [("framework", "is a list, not a text", 'such as "pytorch"')]),
    (
        'command: [x, "${params.lr}"]\nparams: {lrate: 1}',
        [("command.1", "there is no parameter 'lr'", "one of lrate")],
    ),
    (
        "command: echo '${params.lr}'\nparams: {lr: 1}",
        [
            (
                "command",
                "${params.lr} stands inside quotes, a comment or a here-document",
                "${params.lr} outside of quotes (its value is quoted for you), or a command as a list",
            )
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), BAD, ids=[text[:60] for text, _ in BAD])
def test_a_wrong_document_is_told_field_reason_and_what_would_be_right(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert [(fault.field, fault.reason, fault.expected) for fault in faults_of(text)] == expected


def test_faults_of_shape_and_of_law_come_together_in_the_order_of_the_document() -> None:
    text = """
name: A
tags: x
roles: {w: {replicas: '2'}, v: {replicas: 0}}
foo: 1
resources: cpu=x
code: {git: {ref: a..b}}
"""
    assert [fault.field for fault in faults_of(text)] == [
        "name",
        "tags",
        "roles.w.replicas",
        "roles.v.replicas",
        "foo",
        "resources.cpu",
        "code.git.url",
        "code.git.ref",
        "command",
    ]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"command": ["x", "\0"]}, "command.1"),
        ({"command": "x", "tags": ["\0"]}, "tags.0"),
        ({"command": "x", "name": "a\0"}, "name"),
        ({"command": "x", "params": {"a": "\0"}}, "params.a"),
        ({"command": "x", "params": {"\0": "a"}}, "params.\0"),
        ({"command": "x", "description": "\0"}, "description"),
        ({"command": "x", "description": "\ud800"}, "description"),
        ({"command": "x", "env": {"\ud800": "a"}}, "env.\ud800"),
        ({"command": "x", "params": {"a": "\ud800"}}, "params.a"),
        ({"command": "x", "environment": {"image": "\0"}}, "environment.image"),
        ({"command": "x", "placement": {"labels": {"a": "\0"}}}, "placement.labels.a"),
        ({"command": "x", "placement": {"policy": "p", "options": {"a": "\ud800"}}}, "placement.options.a"),
        (
            {"command": "x", "code": {"archive": {"digest": "0" * 64, "size": 1, "name": "\0"}}},
            "code.archive.name",
        ),
        ({"command": "x", "\ud800": 1}, ""),
    ],
)
def test_nul_and_half_characters_are_refused_wherever_they_are(document: dict[str, Any], field: str) -> None:
    raw = json.dumps(document).encode()
    with pytest.raises(InvalidError) as caught:
        parse_experiment(raw, "application/json", FRAMEWORKS)
    assert [fault.field for fault in caught.value.faults] == [field]


def test_a_changed_copy_is_read_like_a_new_document() -> None:
    document = parse(SKETCH).document()
    changed = merge_patch(
        document, {"name": None, "params": {"epochs": 9}, "roles": {"worker": {"replicas": 4}}}
    )
    spec = read_experiment(changed, FRAMEWORKS)
    assert (spec.name, spec.params, spec.job.roles[1].replicas) == (None, {"epochs": 9}, 4)
    spec = read_experiment(merge_patch(document, {"placement": {"cluster": "a"}}), FRAMEWORKS)
    assert spec.job.placement == PlacementSpec(cluster="a")
    spec = read_experiment(merge_patch(document, {"resources": "cpu=3"}), FRAMEWORKS)
    assert [role.resources for role in spec.job.roles] == [
        Resources(cpu=3000),
        Resources(cpu=2000, memory=2**30),
    ]


def test_reading_leaves_the_document_as_it_is() -> None:
    document = {"name": None, "command": ["x", 5], "tags": [5], "roles": {"w": None, "v": {"replicas": "2"}}}
    before = json.dumps(document)
    faults_of(document)
    assert json.dumps(document) == before


def test_a_cyclic_alias_and_a_huge_document_are_no_document_at_all() -> None:
    with pytest.raises(MalformedError, match=r"line 1, column 14: the alias \*x lies inside"):
        parse("command: &x [*x]")
    begin = time.process_time()
    with pytest.raises(InvalidError, match="at most 1048576"):
        parse("#" * 10 * 2**20)
    assert time.process_time() - begin < 1


def test_aliases_save_writing() -> None:
    spec = parse(
        "command: x\nroles:\n  a: &r {replicas: 2, resources: cpu=1}\n  b: *r\n  c: {<<: *r, replicas: 3}"
    )
    assert [(r.replicas, r.resources.cpu) for r in spec.job.roles] == [(2, 1000), (2, 1000), (3, 1000)]


_junk: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "image",
                    "python",
                    "packages",
                    "git",
                    "url",
                    "archive",
                    "digest",
                    "size",
                    "uri",
                    "cluster",
                    "labels",
                    "policy",
                    "options",
                    "limit",
                    "on",
                    "worker",
                    "replicas",
                    "env",
                    "command",
                    "ports",
                    "cpu",
                    "memory",
                    "x",
                ]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from([*ExperimentDocument.model_fields, "x"]), _junk, max_size=5))
def test_no_document_whatever_its_shape_is_anything_but_read_or_refused(document: dict[str, Any]) -> None:
    try:
        spec = read_experiment(document, FRAMEWORKS)
    except InvalidError as error:
        assert all(fault.reason for fault in error.faults)  # noqa: PT017 - both ends are right
    else:
        assert read_experiment(spec.document(), FRAMEWORKS) == spec


def test_the_schema_for_editors_takes_the_sketch_and_refuses_what_is_unknown() -> None:
    schema = ExperimentDocument.model_json_schema()
    validator = Draft202012Validator(schema)
    Draft202012Validator.check_schema(schema)
    document = load_yaml(SKETCH.replace("cpu=2,memory=1Gi", "'cpu=2,memory=1Gi'"))
    assert not list(validator.iter_errors(document))
    assert not list(validator.iter_errors(parse(SKETCH).document()))
    for wrong in (
        {"comand": "x"},
        {"name": "A"},
        {"roles": {"w": {"replicas": 0}}},
        {"retry": {"on": ["lots"]}},
    ):
        assert list(validator.iter_errors(document | wrong)), wrong


def test_every_key_of_the_schema_says_what_it_is_for() -> None:
    schema = ExperimentDocument.model_json_schema()
    for definition in (schema, *schema["$defs"].values()):
        assert definition["additionalProperties"] is False
        for key, field in definition["properties"].items():
            assert field.get("description"), key


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ({"git": {"url": None}}, ["code.git.url"]),
        ({"git": {"url": 5, "ref": "a b"}}, ["code.git.url", "code.git.ref"]),
        ({"git": {}}, ["code.git.url"]),
        ({"archive": {}}, ["code.archive.digest", "code.archive.size"]),
        (
            {"archive": {"digest": 5, "size": "1", "name": "x" * 256}},
            [f"code.archive.{k}" for k in ("digest", "size", "name")],
        ),
        ({"archive": None}, ["code"]),
    ],
)
def test_code_that_lacks_what_it_must_have_is_told_each_field(
    code: dict[str, Any], fields: list[str]
) -> None:
    assert [fault.field for fault in faults_of({"command": "x", "code": code})] == fields
