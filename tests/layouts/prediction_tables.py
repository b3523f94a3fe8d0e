"""predictions.parquet by hand: a row says only what matters to a test."""

import pyarrow as pa

from bleedkit.benchmarks.predictions.schemas import SCHEMAS

CLIP = {
    "clip_id": "a",
    "patient_id": "p",
    "site": "antrum",
    "scenarios": ["clear"],
    "fps": 30.0,
    "width": 1240,
    "height": 1080,
    "n_frames": 300,
    "frame": 0,
}


def table(task, rows):
    """rows: dicts of what differs from CLIP; a column that none names is null."""
    return pa.Table.from_pylist([{**CLIP, **row} for row in rows], schema=SCHEMAS[task])


def seen(found, true, *, visible=None, true_visible=None, is_query=False, confidence=0.5, **clip):
    """One row of points, each (x, y) or None; visible where there is one, unless told."""
    (x, y), (true_x, true_y) = (point or (None, None) for point in (found, true))
    return {
        "x": x,
        "y": y,
        "visible": found is not None if visible is None else visible,
        "true_x": true_x,
        "true_y": true_y,
        "true_visible": true is not None if true_visible is None else true_visible,
        "is_query": is_query,
        "confidence": confidence,
        **clip,
    }
