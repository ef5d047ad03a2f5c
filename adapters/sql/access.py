"""Everything the AccessManager asks."""

from __future__ import annotations

from submarine.adapters.sql.audit import SqlAudit
from submarine.adapters.sql.projects import SqlProjects
from submarine.adapters.sql.teams import SqlTeams
from submarine.adapters.sql.tokens import SqlTokens
from submarine.adapters.sql.users import SqlUsers


class SqlAccess(SqlUsers, SqlTeams, SqlProjects, SqlTokens, SqlAudit):
    """What `AccessStore` asks."""
