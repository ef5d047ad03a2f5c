"""Parameters and tags over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from pydantic import BaseModel, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from submarine.core.access.principal import Principal
from submarine.core.metadata.manager import MetadataManager
from submarine.core.metadata.params import MOST_PARAMS
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.routing import route
from submarine.entrypoints.http.signature import Quick

_PATH: Final = "/api/v1/experiments/{ref}"

Tags = Annotated[list[str], Field(max_length=100)]


class ParamsPatch(BaseModel, frozen=True, extra="forbid"):
    """Parameters to set, each once for ever; null is recorded as the text ``null``."""

    params: Annotated[
        dict[str, StrictBool | StrictInt | StrictFloat | StrictStr | None], Field(max_length=MOST_PARAMS)
    ]


class _Params(msgspec.Struct, forbid_unknown_fields=True):
    """What `ParamsPatch` is, as far as its reader cares."""

    params: dict[str, bool | int | float | str | None]


_DECODER: Final = msgspec.json.Decoder(_Params)


def quickly(data: bytes) -> _Params | None:
    """Read *data*; None if anything in it is wrong, or there is too much."""
    try:
        found = _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found if len(found.params) <= MOST_PARAMS else None


class Nothing(BaseModel, frozen=True):
    """An empty object."""


class TagsPatch(BaseModel, frozen=True, extra="forbid"):
    """Tags to add and to remove."""

    add: Tags = Field(default_factory=list)
    remove: Tags = Field(default_factory=list)


class TagsView(BaseModel, frozen=True):
    """All tags there are now."""

    tags: list[str]


class ParamsTagsController:
    """Translates between HTTP and `MetadataManager`."""

    def __init__(self, metadata: MetadataManager) -> None:
        self._metadata = metadata

    @route("PATCH", _PATH + "/params", tag="params and tags", size="body")
    async def set_params(
        self,
        principal: Principal,
        ref: str,
        body: Annotated[ParamsPatch, Quick(quickly)],
        request_id: RequestId,
        *,
        project: str | None = None,
    ) -> Nothing:
        """Set parameters, all or none.

        A parameter is set once: the same value again is fine, another one is a conflict.
        """
        params = {key: "null" if value is None else value for key, value in body.params.items()}
        await self._metadata.set_params(principal, ref, params, project=project, request=request_id)
        return Nothing()

    @route("PATCH", _PATH + "/tags", tag="params and tags")
    async def change_tags(
        self,
        principal: Principal,
        ref: str,
        body: TagsPatch,
        request_id: RequestId,
        *,
        project: str | None = None,
    ) -> TagsView:
        """Add and remove tags; either twice is as good as once."""
        tags = await self._metadata.change_tags(
            principal, ref, add=body.add, remove=body.remove, project=project, request=request_id
        )
        return TagsView(tags=list(tags))
