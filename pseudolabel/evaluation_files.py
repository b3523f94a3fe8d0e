"""An evaluation as files: every number in JSON, and every frame in Parquet so that anything can be scored again."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..datasets.transaction import write_atomic
from ..models.point_tracker import REFERENCE_WIDTH
from .accuracy import ScoredFrames
from .evaluation import Evaluation
from .evaluation_page import evaluation_page
from .evaluation_scores import LEVELS, LIMITS, Calibration, Group, Score, WayScores


def write_evaluation(evaluation: Evaluation, out: Path) -> Path:
    """Write `out/{evaluation.html, evaluation.json, frames.parquet}`; returns the page's path."""
    write_atomic(out / "frames.parquet", frames_parquet(evaluation.frames))
    write_atomic(out / "evaluation.json", evaluation_json(evaluation).encode())
    path = out / "evaluation.html"
    write_atomic(path, evaluation_page(evaluation))
    return path


def evaluation_document(evaluation: Evaluation) -> dict[str, Any]:
    """Every number as JSON-able values; what is undefined is None, beside its n of 0. No path, no time."""
    meta = evaluation.cohort.meta
    return {
        "format": 1,
        "cohort": meta.name,
        "cohort_digest": evaluation.cohort.digest,
        "labels_digest": meta.digests.get("points", ""),
        "preset": evaluation.name,
        "settings": dict(evaluation.settings),
        "hide": evaluation.hide,
        "phase": evaluation.phase,
        "labels": "exact" if evaluation.exact_labels else "human",
        "reference": evaluation.reference,
        "reference_width": REFERENCE_WIDTH,
        "overall": _group(evaluation.overall),
        "scenarios": {name: _group(group) for name, group in evaluation.scenarios.items()},
        "gaps": {name: _group(group) for name, group in evaluation.gaps.items()},
        "reasons": {name: _group(group) for name, group in evaluation.reasons.items()},
        "copied_labels": [asdict(copy) for copy in evaluation.copies],
        "without_copied_labels": None if evaluation.without_copies is None else _group(evaluation.without_copies),
        "unscored": list(evaluation.unscored),
        "failed": dict(evaluation.failed),
    }


def evaluation_json(evaluation: Evaluation) -> str:
    """`evaluation_document` as text."""
    return json.dumps(evaluation_document(evaluation), indent=2, sort_keys=True, allow_nan=False) + "\n"


def frames_parquet(frames: ScoredFrames) -> bytes:
    """One row a frame; distances in clip pixels, `squared_*` in units of the way's covariance; unknown is null."""
    columns = {
        "clip_id": frames.clip,
        "target": frames.target,
        "frame": frames.frame,
        "gap": frames.gap,
        "position": frames.position,
        "width": frames.width,
        "reference_x": frames.reference[:, 0],
        "reference_y": frames.reference[:, 1],
        "x": frames.xy[:, 0],
        "y": frames.xy[:, 1],
        "var_x": frames.covariance[:, 0, 0],
        "var_y": frames.covariance[:, 1, 1],
        "cov_xy": frames.covariance[:, 0, 1],
        "kept": frames.kept,
        "reason": frames.reason,
        **{f"distance_{way}": distance for way, distance in frames.distance.items()},
        **{f"squared_{way}": squared for way, squared in frames.squared.items()},
    }
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    data = io.BytesIO()
    pq.write_table(table, data, compression="zstd")
    return data.getvalue()


def _group(group: Group) -> dict[str, Any]:
    counts = {"clips": group.clips, "patients": group.patients, "frames": group.frames, "kept": group.kept}
    ways = {way: {name: _way(one) for name, one in scores.items()} for way, scores in group.ways.items()}
    return {**counts, "kept_share": group.kept / group.frames, "ways": ways}


def _way(way: WayScores) -> dict[str, Any]:
    return {
        "clip_px": _score(way.px),
        "reference_px": _score(way.reference),
        "engine_mean_ratio": _number(way.ratio),
        "calibration": _calibration(way.calibration),
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "n": score.n,
        "mean": _number(score.mean),
        "mean_95_low": _number(score.low),
        "mean_95_high": _number(score.high),
        "median": _number(score.median),
        "rms": _number(score.rms),
        **{f"within_{limit}": _number(share) for limit, share in zip(LIMITS, score.within, strict=True)},
    }


def _calibration(found: Calibration) -> Mapping[str, Any]:
    inside = {f"coverage_{level:.0%}": _number(share) for level, share in zip(LEVELS, found.coverage, strict=True)}
    return {"n": found.n, **inside, "nees": _number(found.nees)}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
