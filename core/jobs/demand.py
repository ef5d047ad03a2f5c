"""What of a job decides where it fits: jobs of one demand fit together, or wait together."""

from __future__ import annotations

import hashlib

from submarine.core.jobs.spec import JobSpec


def demand_of(spec: JobSpec, user: str) -> str:
    """Return a short digest of everything in *spec* of *user* that a placement or a refusal may depend on."""
    roles = [(role.replicas, role.resources, sorted(role.ports.items())) for role in spec.roles]
    said = (
        spec.placement,
        roles,
        spec.environment,
        spec.framework,
        type(spec.source).__name__,
        spec.queue,
        spec.max_duration is None,
        user,  # some clusters take nobody whom they do not know
    )
    return hashlib.blake2b(repr(said).encode(), digest_size=12).hexdigest()
