"""The AccessManager: users, teams, projects, roles, tokens, audit."""
