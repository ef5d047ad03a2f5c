"""All that can be asked of a runtime, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import replace

from submarine.core.ports.runtime import (
    Addressable,
    Identifiable,
    Readable,
    Runtime,
    Scalable,
    Spooling,
    Suspendable,
)
from submarine.core.workloads.workload import Handle, Workload, WorkloadKind


def calls(runtime: Runtime, handle: Handle, another: Workload) -> Mapping[str, Awaitable[object]]:
    """Return one call of each method, about *handle*; *another* is submitted."""
    found: dict[str, Awaitable[object]] = {
        "submit": runtime.submit(another),
        "observe": runtime.observe([handle]),
        "observe everything": runtime.observe(),
        "watch": anext(runtime.watch()),
        "cancel": runtime.cancel(handle, 1.0),
        "remove": runtime.remove(handle),
        "capacity": runtime.capacity(),
    }
    if isinstance(runtime, Identifiable):
        found["identity"] = runtime.identity()
    if isinstance(runtime, Readable):
        found["logs"] = anext(runtime.logs(handle, "worker", 0))
    if isinstance(runtime, Spooling):
        found["spool"] = anext(runtime.spool(handle))
    if isinstance(runtime, Addressable):
        found["endpoint"] = runtime.endpoint(handle, "worker", "http")
    if isinstance(runtime, Suspendable):
        found["suspend"] = runtime.suspend(handle)
        found["resume"] = runtime.resume(handle)
    if isinstance(runtime, Scalable):
        found["scale"] = runtime.scale(replace(another, name=handle, kind=WorkloadKind.SERVICE))
    return found
