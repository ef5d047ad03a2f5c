"""What the object store on HDFS needs to know."""

from __future__ import annotations

from pydantic import Field

from submarine.adapters.hadoop.access import HadoopAccess, Url


class HdfsConfig(HadoopAccess, frozen=True, extra="forbid"):
    """Where the NameNodes are, and the folder for objects."""

    urls: tuple[Url, ...] = Field(
        min_length=1,
        description="the NameNodes' web addresses, both of a pair, or a gateway's, without /webhdfs/v1",
    )
    root: str = Field(
        pattern=r"^(/[^/\s:]+)+$", description="the folder for objects, such as /user/submarine/objects"
    )
    act_as: str | None = Field(default=None, description="whose the objects are, if not ours (doAs)")
