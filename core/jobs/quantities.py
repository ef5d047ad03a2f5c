"""Kubernetes quantities: ``500m`` of a core, ``512Mi`` of memory, whole devices.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Final

from submarine.core.jobs.faults import kind_of, quoted, wrong

CPU_LIMIT: Final = 10_000 * 1000
"""Thousandths of a core that one replica may ask for."""
MEMORY_LIMIT: Final = 2**50
MEMORY_LEAST: Final = 2**20
DEVICE_LIMIT: Final = 1024

_QUANTITY: Final = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)([A-Za-z]*)")
_BINARY: Final = {unit: 1024**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}
_DECIMAL: Final = {unit: 1000**power for power, unit in enumerate(("k", "M", "G", "T", "P", "E"), 1)}
_BYTES: Final = {"": 1, **_DECIMAL, **_BINARY}
_CORES: Final = {"": Decimal(1000), "m": Decimal(1), "k": Decimal(1_000_000)}
_AS_CPU: Final = "cores such as 2, 0.5 or 500m"
_AS_MEMORY: Final = "bytes such as 512Mi, 2Gi or 500M"
_ENOUGH: Final = 32  # characters; no honest quantity is longer


def parse_cpu(value: object) -> int:
    """Return thousandths of a core; raise ``InvalidError`` if *value* is no quantity of cores."""
    number, unit = _split(value, _AS_CPU)
    factor = _CORES.get(unit)
    if factor is None:
        if unit in _BINARY or unit in _DECIMAL:
            raise wrong(f"{quoted(str(value))} has a unit of memory, and cpu counts cores", _AS_CPU)
        raise wrong(f"unit {quoted(unit)} is not one of cpu", _AS_CPU)
    thousandths = number * factor
    if thousandths != int(thousandths):
        raise wrong(
            f"{quoted(str(value))} is finer than a thousandth of a core", "at least 1m, in steps of 1m"
        )
    if thousandths > CPU_LIMIT:
        raise wrong(
            f"{quoted(str(value))} is more than one replica can have", f"at most {CPU_LIMIT // 1000} cores"
        )
    return int(thousandths)


def parse_memory(value: object) -> int:
    """Return bytes, rounded up; raise ``InvalidError`` if *value* is no quantity of memory."""
    number, unit = _split(value, _AS_MEMORY)
    factor = _BYTES.get(unit)
    if factor is None:
        raise wrong(_wrong_memory_unit(value, number, unit), _right_memory(number, unit))
    size = int((number * factor).to_integral_value(ROUND_CEILING))
    if size > MEMORY_LIMIT:
        raise wrong(f"{quoted(str(value))} is more than one replica can have", "at most 1Pi")
    if 0 < size < MEMORY_LEAST:
        suggestion = f"{show(number)}Mi if you meant mebibytes, " if not unit else ""
        raise wrong(
            f"{quoted(str(value))} is {size} bytes, too little for any process", f"{suggestion}at least 1Mi"
        )
    return size


def parse_count(value: object) -> int:
    """Return a number of whole devices; raise ``InvalidError`` if *value* is none."""
    expected = "a whole number such as 1"
    number, unit = _split(value, expected)
    if unit:
        raise wrong(f"{quoted(str(value))} has a unit, and devices are counted whole", expected)
    if number != int(number):
        raise wrong(f"{quoted(str(value))} is a part of a device, and devices are counted whole", expected)
    if number > DEVICE_LIMIT:
        raise wrong(f"{quoted(str(value))} is more than one replica can have", f"at most {DEVICE_LIMIT}")
    return int(number)


def show_cpu(thousandths: int) -> str:
    """Return the quantity as a user would write it: ``2``, ``1.5``, ``500m``."""
    if thousandths % 1000 and thousandths < 1000:  # noqa: PLR2004 - a core has a thousand thousandths
        return f"{thousandths}m"
    return show(Decimal(thousandths) / 1000)


def show_memory(size: int) -> str:
    """Return the quantity as a user would write it: the shortest exact one, ``512Mi`` or ``500M``."""
    best = str(size)
    for unit, factor in (*_DECIMAL.items(), *_BINARY.items()):
        if size and size % factor == 0 and len(shown := f"{size // factor}{unit}") <= len(best):
            best = shown
    return best


def show(number: Decimal) -> str:
    """Return *number* in plain digits, without exponent or trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _split(value: object, expected: str) -> tuple[Decimal, str]:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong(f"is {kind_of(value)}, not a quantity", expected)
    text = str(value).strip()
    match = _QUANTITY.fullmatch(text) if len(text) <= _ENOUGH else None
    if match is None:
        raise wrong(f"{quoted(text)} is not a quantity", expected)
    number = Decimal(match[1])
    if number < 0:
        raise wrong(f"{quoted(text)} is negative", expected)
    if number.adjusted() > _ENOUGH or (number.adjusted() < -_ENOUGH and number):
        raise wrong(f"{quoted(text)} is out of all proportion", expected)
    return number, match[2]


def _wrong_memory_unit(value: object, number: Decimal, unit: str) -> str:
    if unit in {"n", "u", "m"}:
        part = {"m": "thousandths", "u": "millionths", "n": "billionths"}[unit]
        return f"{quoted(str(value))} is {show(number)} {part} of a byte in Kubernetes"
    return f"unit {quoted(unit)} is not one of memory"


def _right_memory(number: Decimal, unit: str) -> str:
    letter = unit[:1].upper()
    if letter and letter in "KMGTPE":
        decimal = "k" if letter == "K" else letter
        return f"{show(number)}{letter}i (powers of 1024) or {show(number)}{decimal} (powers of 1000)"
    return _AS_MEMORY
