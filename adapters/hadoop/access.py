"""What an operator says about the way into a Hadoop cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator


def _base(url: str) -> str:
    """Return *url* without a slash at its end; raise ValueError unless it is http or https."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("an address starts with http:// or https://")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_base)]


class HadoopAccess(BaseModel, frozen=True, extra="forbid"):
    """Who we are, and how long and how often we ask; the model of an adapter adds where to.

    Of ``keytab``, ``password`` and ``token`` one at most is given. With none the cluster believes ``user``.
    """

    user: str = Field(
        default="submarine", pattern=r"^[^\s/@&?#]+$", description="who we are where nobody proves it"
    )
    principal: str | None = Field(
        default=None, description="who we are to Kerberos, such as submarine@EXAMPLE.ORG"
    )
    keytab: Path | None = Field(default=None, description="the file with the principal's key")
    password: SecretStr | None = Field(default=None, description="of user, for a gateway such as Knox")
    token: Path | None = Field(
        default=None, description="a file with a delegation token; read anew whenever it changes"
    )
    authority: Path | None = Field(
        default=None, description="certificates to trust for https, instead of the system's"
    )
    proxy: Url | None = Field(default=None, description="an HTTP proxy on the way to all servers")
    timeout: float = Field(default=10.0, gt=0, le=300, description="seconds a server may be silent")
    calls: int = Field(default=32, ge=1, le=1000, description="calls at once")

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if sum(proof is not None for proof in (self.keytab, self.password, self.token)) > 1:
            raise ValueError("keytab, password and token exclude each other; give one")
        if (self.keytab is None) != (self.principal is None):
            raise ValueError("keytab and principal belong together; give both or none")
        return self
