"""Agreement as files: the page, every number in JSON, and every pair of people's labels in Parquet."""

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...datasets.transaction import write_atomic
from .agreement import Agreement
from .agreement_page import agreement_page, annotators_of
from .consensus_rows import ConsensusRows


def write_agreement(agreement: Agreement, rule: str, rows: ConsensusRows, out: Path) -> Path:
    """Write `out/{agreement.html, agreement.json, point_pairs, region_pairs, onset_pairs.parquet}`.

    Tables of what nobody labelled twice are left out. Returns the page's path.
    """
    parts = {"point": agreement.points, "region": agreement.regions, "onset": agreement.onsets}
    for name, part in parts.items():
        if part is not None:
            write_atomic(out / f"{name}_pairs.parquet", _parquet([_pair_row(asdict(pair)) for pair in part.pairs]))
    document = json.dumps(agreement_document(agreement, rule, rows), indent=2, sort_keys=True, allow_nan=False)
    write_atomic(out / "agreement.json", f"{document}\n".encode())
    path = out / "agreement.html"
    write_atomic(path, agreement_page(agreement, rule, rows))
    return path


def agreement_document(agreement: Agreement, rule: str, rows: ConsensusRows) -> dict[str, Any]:
    """Every number as JSON-able values; what is undefined is None. No path, no time."""
    meta = agreement.cohort.meta
    terms = agreement.terms
    document = {
        "format": 1,
        "cohort": meta.name,
        "cohort_digest": agreement.cohort.digest,
        "labels_digests": {name: meta.digests.get(name, "") for name in ("points", "masks", "onsets")},
        "target": agreement.target,
        "annotators": annotators_of(agreement),
        "label_sd": agreement.label_sd,
        "limits": {"px_at_reference_width": terms.within_px, "dice": terms.dice, "onset_s": terms.within_s},
        "points": _part(agreement.points),
        "regions": _part(agreement.regions),
        "onsets": _part(agreement.onsets),
        "consensus": {
            "rule": rule,
            "teams": [sorted(team) for team in terms.teams],
            "points": len(rows.points),
            "regions": len(rows.masks),
            "onsets": len(rows.onsets),
            "undecided": [[kind, *place] for kind, place in rows.undecided],
        },
        "disagreements": [asdict(one) for one in agreement.disagreements],
    }
    return {name: _plain(value) for name, value in document.items()}


def _part(part: Any) -> object:
    """A kind's numbers without its pairs, which are in their own table."""
    return None if part is None else {name: value for name, value in asdict(part).items() if name != "pairs"}


def _plain(value: object) -> object:
    """JSON-able: keys as text, no NaN; infinity, where one person sees nothing, is None as well."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {" - ".join(key) if isinstance(key, tuple) else str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _pair_row(pair: dict[str, Any]) -> dict[str, Any]:
    """Positions as columns of numbers."""
    row = {}
    for name, value in pair.items():
        if name.startswith("xy_"):
            x, y = value or (None, None)
            row.update({f"x{name[2:]}": x, f"y{name[2:]}": y})
        else:
            row[name] = None if isinstance(value, float) and math.isnan(value) else value
    return row


def _parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    data = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), data, compression="zstd")
    return data.getvalue()
