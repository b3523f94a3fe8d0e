"""Splits and their audits as plain text for a terminal."""

import io
import math
from collections.abc import Sequence
from typing import Final

from .clip_strata import clip_strata
from .cohort import Cohort
from .split import Split
from .split_audit import Audit, in_order, parts_of

_LISTED: Final = 10
_WIDTH: Final = 118


def split_line(split: Split) -> str:
    """A split in one line."""
    parts = in_order(part for fold in split.folds for part in fold.values())
    folds = f", {len(split.folds)} folds" if len(split.folds) > 1 else ""
    return (
        f"{split.name}: {split.method} by {split.unit}{folds}, {len(split.folds[0])} {split.unit}s, {'/'.join(parts)}"
    )


def split_text(cohort: Cohort, split: Split, *, members: bool = False) -> str:
    """Part sizes of every fold and what the solver reached; the units of each part as well with `members`."""
    rows = clip_strata(cohort)
    total = max(sum(row.frames for row in rows), 1)
    cells = []
    for fold in range(len(split.folds)):
        parts = parts_of(rows, split, fold)
        for part in in_order(parts.values()):
            mine = [row for row in rows if parts.get(row.clip.clip_id) == part]
            frames, positive = sum(row.frames for row in mine), sum(row.positive for row in mine)
            patients = len({row.clip.patient_id for row in mine})
            share, bleeding = f"{frames / total:.1%}", f"{positive / max(frames, 1):.1%}"
            cells.append([str(fold), part, str(patients), str(len(mine)), str(frames), share, bleeding])
    header = ["fold", "part", "patients", "clips", "frames", "of all", "bleeding"]
    lines = [split_line(split), table(header, cells), *_reached(split)]
    if members:
        lines += [
            f"fold {fold} {part}: {', '.join(sorted(unit for unit, at in parts.items() if at == part))}"
            for fold, parts in enumerate(split.folds)
            for part in in_order(parts.values())
        ]
    return "\n".join(lines)


def audit_text(audit: Audit) -> str:
    """The whole audit: sizes, leaks by kind, label shift, how the hash threshold came about."""
    leaks = audit.leaks
    verdict = f"{len(leaks)} LEAK{'S' * (len(leaks) > 1)}" if leaks else "no leak found"
    lines = [f"Split {audit.split} of {audit.cohort}, fold {audit.fold}: {verdict}", _sizes(audit)]
    for kind in dict.fromkeys(finding.kind for finding in audit.findings):
        found = [finding.what for finding in audit.findings if finding.kind == kind]
        lines += [f"{kind}: {len(found)}", *(f"  {what}" for what in found[:_LISTED])]
        if len(found) > _LISTED:
            lines.append(f"  ... and {len(found) - _LISTED} more (--json lists all)")
    lines += ["Label shift (total variation; p: how often random parts are as far apart)", _shifts(audit)]
    lines += [text for text in (audit.calibration, *audit.notes) if text]
    return "\n".join(lines)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain table, words left and numbers right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(header):
        number = all(row[i][:1].isdigit() or row[i] == "-" for row in rows)
        made.add_column(name, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        made.add_row(*row)
    text = io.StringIO()
    Console(file=text, width=_WIDTH, color_system=None).print(made)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines() if line.strip())


def _reached(split: Split) -> list[str]:
    if "worst_share_error" not in split.report:
        return []
    errors = ", ".join(f"{name} {error:.2%}" for name, error in split.report["worst_share_error"].items())
    empty, cells = split.report["empty_site_cells"], split.report["site_cells"]
    sites = f"; {empty} of {cells} site-by-part cells empty" if cells else ""
    return [f"by {split.report['solver']}, seed {split.seed}: worst share error {errors}{sites}"]


def _sizes(audit: Audit) -> str:
    header = ["part", "patients", "worth", "clips", "frames", "bleeding", "labelled", "ICC", "worth frames"]
    rows = [
        [
            size.part,
            str(size.patients),
            f"{size.effective_patients:.1f}",
            str(size.clips),
            str(size.frames),
            str(size.positive),
            str(size.labelled),
            _number(size.correlation, ".2f"),
            _number(size.effective_frames, ".0f"),
        ]
        for size in audit.sizes
    ]
    return table(header, rows)


def _shifts(audit: Audit) -> str:
    rows = [
        [shift.stratum, " / ".join(shift.parts), _number(shift.distance, ".3f"), f"{shift.p_value:.3f}"]
        for shift in audit.shifts
    ]
    return table(["stratum", "parts", "distance", "p"], rows)


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)
