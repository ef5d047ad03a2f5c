"""Which credentials an operator's words mean."""

from __future__ import annotations

from submarine.adapters.hadoop.access import HadoopAccess
from submarine.adapters.hadoop.credentials import Credentials, Name, Password, Token


def credentials(access: HadoopAccess) -> Credentials:
    """Return the one kind that *access* gives; raise `AdapterError` if its library is not installed."""
    if access.keytab is not None and access.principal is not None:
        from submarine.adapters.hadoop.kerberos import Kerberos

        return Kerberos.of(access.principal, access.keytab, access.timeout)
    if access.password is not None:
        return Password(access.user, access.password.get_secret_value())
    if access.token is not None:
        return Token(access.token)
    return Name(access.user)
