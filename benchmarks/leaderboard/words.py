"""How figures, names and digests are written, the same on every page, in Markdown and in plots."""

import hashlib
import math
import re
from collections.abc import Iterable
from typing import Final

from ..metrics.metric import Metric, Unit

NOTHING: Final = "–"
DIRECTIONS: Final = {"higher": "↑", "lower": "↓", "zero": "→ 0"}
_DECIMALS: Final[dict[Unit, int]] = {"%": 1, "px": 1, "frames": 2, "": 3}


def figure(value: float, unit: Unit) -> str:
    """A value as tables show it, shares times 100, without the unit; NaN is a dash."""
    if not math.isfinite(value):
        return NOTHING
    shown = f"{value * scale(unit):.{_DECIMALS[unit]}f}"
    return shown.removeprefix("-") if float(shown) == 0 else shown.replace("-", "−")


def interval(low: float, high: float, unit: Unit) -> str:
    """Both ends, or nothing where there is no interval."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{figure(low, unit)} to {figure(high, unit)}"


def head(metric: Metric) -> str:
    """A column's head: title, unit and direction; the unit only where the title does not say it."""
    unit = f"\u00a0{metric.unit}" if metric.unit and metric.unit not in metric.title else ""
    return f"{metric.title}{unit}\u00a0{DIRECTIONS[metric.better]}"


def counted(n: int, thing: str) -> str:
    """`1 clip`, `2,300 clips`."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def joined(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def truth_said(truth: str, digest: str) -> str:
    """Whose word a board's truth is, and the beginning of its digest."""
    return f"truth {truth} {digest[:12]}"


def slug(*parts: str, also: str = "") -> str:
    """A file name for what the parts name, and `also`, which does not show: safe in any address, and no two alike.

    Names in run.json are anybody's, so what is not a plain letter, digit or dash becomes a dash, and a digest of the
    true parts tells apart what looks alike after that.
    """
    readable = "_".join(re.sub(r"[^A-Za-z0-9-]+", "-", part).strip("-")[:40] for part in parts)
    digest = hashlib.sha256("\0".join([*parts, also]).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable}_{digest[:8]}"


def scale(unit: Unit) -> int:
    """What values of the unit are shown times."""
    return 100 if unit == "%" else 1
