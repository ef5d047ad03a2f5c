"""What pods look like, from the workload alone."""

from __future__ import annotations

from typing import Any

import pytest

from submarine.adapters.kubernetes import names
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.forms import choose
from submarine.adapters.kubernetes.pods import PodTemplates
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Archive, Environment, Git, Workload, WorkloadKind
from tests.adapters.kubernetes.workloads import NAME, SMALL, role, workload


def config(**more: Any) -> KubernetesConfig:
    return KubernetesConfig(**{"image": "python:3", **more})


def template(work: Workload, **more: Any) -> dict[str, Any]:
    made = PodTemplates(config(**more), work, "kit").of_role(work.roles[0], names.COMPLETION)
    assert made is not None
    return made


def main(work: Workload, **more: Any) -> dict[str, Any]:
    (container,) = template(work, **more)["spec"]["containers"]
    found: dict[str, Any] = container
    return found


def environment(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}


async def nothing() -> Any:
    yield b""


def test_words_of_a_command_stay_words_and_dollars_stay_dollars() -> None:
    work = workload(role(command=("sh", "-c", "echo $(HOME) $$ two  words")))
    assert main(work)["command"] == ["sh", "-c", "echo $$(HOME) $$$$ two  words"]


def test_variables_are_what_the_spec_says_and_the_index_comes_from_the_pod() -> None:
    found = main(workload(role(replicas=3, env={"OWN": "$(PATH)"})))
    said = environment(found)
    assert said["OWN"] == "$$(PATH)"
    assert said["RANK"] == "$(SUBMARINE_INDEX)"
    assert said["SUBMARINE_REPLICA"] == "worker-$(SUBMARINE_INDEX)"
    assert said["MASTER_ADDR"] == f"{NAME}-worker-0.{NAME}.submarine.svc.cluster.local"
    assert found["env"][0]["valueFrom"]["fieldRef"]["fieldPath"].endswith("job-completion-index']")


def test_a_rank_that_no_index_can_say_gets_pods_of_its_own() -> None:
    work = workload(role("chief"), role(replicas=2))
    form, why = choose(work, config(), frozenset())
    found = form.objects(PodTemplates(config(), work, "kit"))
    assert (form.name, why) == ("jobs-by-role", "it has several roles")
    assert [body["metadata"]["name"] for _, body in found] == [
        f"{NAME}-chief",
        f"{NAME}-worker-0",
        f"{NAME}-worker-1",
    ]
    last = found[-1][1]["spec"]["template"]
    assert environment(last["spec"]["containers"][0])["RANK"] == "2"
    assert last["spec"]["hostname"] == f"{NAME}-worker-1"


def test_one_role_is_one_indexed_job_that_replaces_and_deletes_no_pod() -> None:
    work = workload(role(replicas=4))
    form, _ = choose(work, config(), frozenset())
    ((_, job),) = form.objects(PodTemplates(config(), work, "kit"))
    spec = {key: value for key, value in job["spec"].items() if key != "template"}
    assert spec == {
        "completionMode": "Indexed",
        "completions": 4,
        "parallelism": 4,
        "backoffLimitPerIndex": 0,
    }
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_secrets_are_only_referred_to() -> None:
    found = main(workload(secrets={"SUBMARINE_TOKEN": "swordfish"}))
    assert "swordfish" not in str(found)
    reference = {"secretKeyRef": {"name": NAME, "key": "SUBMARINE_TOKEN"}}
    assert {"name": "SUBMARINE_TOKEN", "valueFrom": reference} in found["env"]


def test_resources_are_exact_quantities() -> None:
    asked = {"cpu": "500m", "memory": str(64 * 2**20), "nvidia.com/gpu": "1"}
    assert main(workload(role(resources=SMALL)))["resources"] == {"requests": asked, "limits": asked}
    assert "resources" not in main(workload(role(resources=Resources())))


def test_pods_are_restricted_unless_the_operator_says_otherwise() -> None:
    spec = template(workload())["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    locked = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert spec["containers"][0]["securityContext"] == locked
    assert spec["automountServiceAccountToken"] is False
    assert "securityContext" not in template(workload(), security="image")["spec"]


def test_python_path_is_added_to_and_the_rest_is_left_alone() -> None:
    said = environment(main(workload(role(env={"PYTHONPATH": "/own"}))))
    assert said["PYTHONPATH"] == "/own:/submarine/kit/submarine.zip"
    assert "PYTHONPATH" not in environment(main(workload(), sdk=False))


def test_small_code_travels_in_the_secret_and_large_code_is_fetched() -> None:
    small = Archive(digest="d", size=1000, read=nothing, url="http://s/code")
    spec = template(workload(source=small))["spec"]
    assert "/submarine/parcel/code.tar.gz" in spec["initContainers"][0]["env"][1]["value"]
    assert spec["containers"][0]["workingDir"] == "/submarine/work/code"
    large = Archive(digest="d", size=10**7, read=nothing, url="http://s/code")
    (init,) = template(workload(source=large))["spec"]["initContainers"]
    assert "http://s/code" in init["env"][1]["value"]


def test_code_of_git_starts_where_the_spec_says() -> None:
    work = workload(source=Git(url="https://example.org/x.git", path="examples/digits"))
    assert main(work)["workingDir"] == "/submarine/work/code/examples/digits"


def test_the_image_of_the_spec_comes_before_the_default() -> None:
    assert main(workload())["image"] == "python:3"
    assert main(workload(environment=Environment(image="own:1")))["image"] == "own:1"


def test_what_the_operator_wants_of_every_pod_is_there() -> None:
    spec = template(
        workload(priority=60),
        node_selector={"pool": "ml"},
        tolerations=[{"key": "gpu", "operator": "Exists"}],
        pull_secrets=["registry"],
        service_account="trainer",
        priority_classes={0: "low", 50: "normal", 75: "high"},
        volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}, "mount": "/data"}],
    )["spec"]
    assert spec["nodeSelector"] == {"pool": "ml"}
    assert spec["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("trainer", True)
    assert spec["priorityClassName"] == "normal"
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "data"}} in spec["volumes"]
    assert {"name": "data", "mountPath": "/data"} in spec["containers"][0]["volumeMounts"]


def test_a_service_is_a_stateful_set_found_by_name() -> None:
    work = workload(role(ports={"http": 0, "metrics": 8000}), kind=WorkloadKind.SERVICE)
    form, _ = choose(work, config(), frozenset())
    ((kind, body),) = form.objects(PodTemplates(config(), work, "kit"))
    assert (kind.kind, body["spec"]["serviceName"]) == ("StatefulSet", NAME)
    pod = body["spec"]["template"]["spec"]
    assert (pod["restartPolicy"], pod["subdomain"]) == ("Always", NAME)
    assert environment(pod["containers"][0])["PORT"] == "8001"


@pytest.mark.parametrize(("asked", "given"), [(None, None), (0.3, 1), (90.2, 91)])
def test_a_limit_of_time_is_the_pods_deadline(asked: float | None, given: int | None) -> None:
    assert template(workload(max_duration=asked))["spec"].get("activeDeadlineSeconds") == given
