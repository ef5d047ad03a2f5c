"""The shape of the documents, as pydantic checks it and as OpenAPI and editors show it.

Only the shape: which keys there are, and where a mapping, a list or a text must be. What the values mean is
judged by the laws in ``core``, which know better words; such values are ``Any`` here, with a schema.
Defaults are nothing that pydantic would have to copy deeply for each document.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from submarine.core.experiments.spec import DESCRIPTION, TAGS
from submarine.core.jobs.environment import PACKAGES
from submarine.core.jobs.names import NAME_LENGTH, ROLE_LENGTH, TAG_LENGTH
from submarine.core.jobs.placement import LABELS
from submarine.core.jobs.reading import PARAM_LENGTH, PARAMS
from submarine.core.jobs.retry import ENDS, LIMIT, WORDS
from submarine.core.jobs.roles import PORTS, REPLICAS, ROLES, VARIABLES

_LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_COMMAND = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1},
    ]
}
_QUANTITY = {"type": ["string", "number"], "examples": ["500m", "512Mi", 1]}
_RESOURCES = {
    "anyOf": [
        {"type": "string", "examples": ["cpu=1,memory=512Mi"]},
        {
            "type": "object",
            "properties": {"cpu": _QUANTITY, "memory": _QUANTITY},
            "additionalProperties": _QUANTITY,
        },
    ]
}
_DURATION = {"anyOf": [{"type": "string", "examples": ["1h30m"]}, {"type": "number", "minimum": 0}]}
_PRIORITY = {
    "anyOf": [{"enum": ["low", "normal", "high"]}, {"type": "integer", "minimum": 0, "maximum": 100}],
}
_RETRY_WORD = {"anyOf": [{"enum": [*WORDS]}, {"type": "string", "pattern": "^exit:[0-9]{1,3}$"}]}

Command = Annotated[Any, WithJsonSchema(_COMMAND)]
Resources = Annotated[Any, WithJsonSchema(_RESOURCES)]
Duration = Annotated[Any, WithJsonSchema(_DURATION)]
Priority = Annotated[Any, WithJsonSchema(_PRIORITY)]
Scalar = Annotated[Any, WithJsonSchema({"type": ["string", "number", "boolean"]})]
Variable = Annotated[Any, WithJsonSchema({"type": ["string", "integer"]})]
RetryWord = Annotated[Any, WithJsonSchema(_RETRY_WORD)]
Success = Annotated[Any, WithJsonSchema({"enum": ["all", "chief", "any"]})]
Tag = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": TAG_LENGTH})]
Label = Annotated[str, WithJsonSchema({"type": "string", "pattern": _LABEL, "maxLength": NAME_LENGTH})]


class Document(BaseModel):
    """A mapping with known keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PythonDocument(Document):
    """Packages over the runtime's own Python."""

    packages: list[str] = Field(
        default_factory=list,
        max_length=PACKAGES,
        description="Requirements as pip writes them.",
        examples=[["numpy>=2"]],
    )


class EnvironmentDocument(Document):
    """What the command finds installed: one of an image, Python packages, or an environment by name."""

    image: str = Field("", description="A container image.", examples=["registry.example.org/ml/torch:2.4"])
    python: PythonDocument | None = Field(None, description="Python packages.")
    name: str = Field("", description="A registered environment.", examples=["torch-cpu"])


class ArchiveDocument(Document):
    """A gzipped tar that the client has uploaded before."""

    digest: str = Field(description="Its SHA-256, 64 hexadecimal digits.", examples=["9f86d0…"])
    size: int = Field(description="Its length in bytes.", examples=[10240])
    name: str = Field("", description="What it was called on the client.", examples=["digits"])


class GitDocument(Document):
    """A repository that the runtime clones."""

    url: str = Field(description="https, ssh, http or git.", examples=["https://example.org/team/repo.git"])
    ref: str = Field("HEAD", description="A branch, tag or commit.", examples=["main"])
    path: str = Field(".", description="The folder the command starts in.", examples=["examples/digits"])


class CodeDocument(Document):
    """Where the code is: exactly one of these."""

    dir: str = Field("", description="A folder of the client, which uploads it and sends archive instead.")
    archive: ArchiveDocument | None = Field(None, description="Uploaded code.")
    git: GitDocument | None = Field(None, description="A repository.")
    uri: str = Field("", description="A .tar.gz the runtime fetches.", examples=["s3://bucket/code.tar.gz"])


class RoleDocument(Document):
    """Equal replicas of one part of the job; what it does not say it inherits from the job."""

    replicas: int = Field(
        1, description="How many.", examples=[2], json_schema_extra={"minimum": 1, "maximum": REPLICAS}
    )
    command: Command = Field(None, description="Instead of the job's.", examples=[["python", "ps.py"]])
    env: dict[str, Variable] = Field(
        default_factory=dict,
        max_length=VARIABLES,
        description="Over the job's, name by name.",
        examples=[{"RANKS": "2"}],
    )
    resources: Resources = Field(
        None, description="Of one replica, instead of the job's.", examples=["cpu=2"]
    )
    ports: dict[str, int] = Field(
        default_factory=dict,
        max_length=PORTS,
        description="Ports by name, 0 for any free one.",
        examples=[{"http": 8080}],
    )


class PlacementDocument(Document):
    """Where to run: a cluster by name, or those with all labels, ranked by a policy."""

    cluster: str = Field("", description="This cluster and no other.", examples=["prod-a"])
    labels: dict[str, str] = Field(
        default_factory=dict,
        max_length=LABELS,
        description="Labels the cluster must have.",
        examples=[{"zone": "a"}],
    )
    policy: str = Field("", description="What ranks the clusters.", examples=["least-loaded"])
    options: dict[str, Any] = Field(
        default_factory=dict, max_length=LABELS, description="The policy's own.", examples=[{"strict": True}]
    )


class RetryDocument(Document):
    """When a job that ended badly gets another attempt."""

    limit: int = Field(
        1, description="Further attempts.", examples=[2], json_schema_extra={"minimum": 0, "maximum": LIMIT}
    )
    on: list[RetryWord] = Field(
        ["lost", "preempted"],
        max_length=ENDS,
        description="After which ends.",
        examples=[["lost", "preempted", "exit:137"]],
    )


class ExperimentDocument(Document):
    """One training to run, in YAML or JSON, the same for every runtime."""

    model_config = ConfigDict(title="Experiment")

    kind: Literal["experiment"] = Field("experiment", description="What this document describes.")
    name: Label = Field(
        "", description="Unique in its project among live ones; made up when absent.", examples=["digits"]
    )
    project: str = Field("", description="PROJECT or TEAM/PROJECT.", examples=["vision", "research/vision"])
    description: str = Field(
        "", description="For people.", json_schema_extra={"maxLength": DESCRIPTION}, examples=["first try"]
    )
    tags: list[Tag] = Field(
        default_factory=list, description="To find it by.", max_length=TAGS, examples=[["demo"]]
    )
    framework: str = Field("none", description="Whose rendezvous variables are set.", examples=["pytorch"])
    environment: EnvironmentDocument | None = Field(None, description="What is installed.")
    code: CodeDocument | None = Field(None, description="What is unpacked where the command starts.")
    command: Command = Field(
        None,
        description="Words as they are, or a text that sh -c runs; ${params.NAME} is replaced.",
        examples=[["python", "train.py", "--epochs", "${params.epochs}"]],
    )
    params: dict[str, Scalar] = Field(
        default_factory=dict,
        max_length=PARAMS,
        description=f"At most {PARAMS}, texts up to {PARAM_LENGTH}.",
        examples=[{"epochs": 5}],
    )
    env: dict[str, Variable] = Field(
        default_factory=dict,
        max_length=VARIABLES,
        description="Environment variables.",
        examples=[{"OMP_NUM_THREADS": "1"}],
    )
    resources: Resources = Field(None, description="Of one replica.", examples=["cpu=1,memory=512Mi"])
    roles: dict[str, RoleDocument] = Field(
        default_factory=dict,
        max_length=ROLES,
        description=f"Parts of the job, 1 to {ROLES}, names up to {ROLE_LENGTH}; absent: one worker.",
        examples=[{"worker": {"replicas": 2}}],
    )
    placement: PlacementDocument | None = Field(None, description="Where to run.")
    queue: str = Field("", description="A queue of the cluster.", examples=["research"])
    priority: Priority = Field("normal", description="Who goes first.", examples=["normal", 70])
    max_duration: Duration = Field(None, description="The job is stopped after that.", examples=["2h"])
    grace: Duration = Field("30s", description="Between asking to stop and killing.", examples=["30s"])
    retry: RetryDocument | None = Field(None, description="Further attempts.")
    success: Success = Field("all", description="Which replicas must exit with 0.", examples=["all"])


KEYS: Final = frozenset(
    {
        *ExperimentDocument.model_fields,
        *RoleDocument.model_fields,
        *EnvironmentDocument.model_fields,
        *CodeDocument.model_fields,
        *PlacementDocument.model_fields,
        *RetryDocument.model_fields,
    }
)
"""Every key that means something, where it may stand; after it a null is as good as no key."""
