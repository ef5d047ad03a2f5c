"""Specs whose commands run for real, wherever the server runs them."""

from __future__ import annotations

import sys
import uuid
from typing import Any


def name(prefix: str = "t") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def shell(script: str, **more: Any) -> dict[str, Any]:
    return {"name": name(), "command": ["sh", "-c", script], **more}


def python(program: str, **more: Any) -> dict[str, Any]:
    return {"name": name(), "command": [sys.executable, "-c", program], **more}
