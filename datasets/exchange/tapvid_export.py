"""TAP-Vid's arrays, one npz a clip, in place of its pickles, which run code when they are read.

Format (google-deepmind/tapnet, tapvid/README): `points` (tracks, frames, 2), x and y divided by width and height, which
is our continuous frame normalised, and `occluded` (tracks, frames) bool. TAP-Vid knows no unlabelled frames, and our
labels are sparse: `labelled` says where anybody looked, `located` where the position of a hidden point is known; both
are occluded to TAP-Vid, at (0, 0) where unknown. The pictures are named, not copied. `numpy.load(allow_pickle=False)`
reads it all.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..cohort import ClipView, Cohort
from ..schema import PointLabel
from .file_names import clip_names
from .losses import Losses
from .point_tracks import point_tracks
from .selection import Selection

EXPORTED: Final = "exported"
"""Array of the label ids that went out, so that an import can tell which are gone."""
REALS: Final = ("confidence", "var_x", "var_y", "cov_xy")


def export_tapvid(cohort: Cohort, out: Path, selection: Selection, losses: Losses) -> dict[str, int]:
    """Write `<clip>.npz` for clips with points, in a folder for each part of the split; returns what was written."""
    counts = {"clips": 0, "tracks": 0, "points": 0}
    names = clip_names(cohort.clips)
    for view in selection.views(cohort, losses, "TAP-Vid"):
        losses.add("region", len(view.masks))
        losses.add("onset", len(view.onsets))
        folder = out / selection.part(view.clip)
        tracks = point_tracks(view.points)
        if not tracks:
            continue
        folder.mkdir(exist_ok=True)
        np.savez_compressed(folder / f"{names[view.clip.clip_id]}.npz", **_arrays(view, tracks))
        counts["clips"] += 1
        counts["tracks"] += len(tracks)
        counts["points"] += len(view.points)
    return counts


def _arrays(view: ClipView, tracks: Sequence[Sequence[PointLabel]]) -> dict[str, Any]:
    clip = view.clip
    shape = (len(tracks), clip.n_frames)
    points, flags = np.zeros((*shape, 2)), {name: np.zeros(shape, np.bool_) for name in ("labelled", "located")}
    occluded = np.ones(shape, np.bool_)
    reals = {name: np.full(shape, np.nan) for name in REALS}
    texts = {"label_id": np.zeros(shape, "<U16"), "review": np.zeros(shape, "<U16")}
    for number, rows in enumerate(tracks):
        for row in rows:
            at = number, row.frame
            located = math.isfinite(row.x) and math.isfinite(row.y)
            if located:
                points[at] = row.x / clip.size.width, row.y / clip.size.height
            occluded[at], flags["labelled"][at], flags["located"][at] = not row.visible, True, located
            for name, array in (*reals.items(), *texts.items()):
                array[at] = getattr(row, name)
    return {
        "points": points,
        "occluded": occluded,
        **flags,
        **reals,
        **texts,
        EXPORTED: np.array([row.label_id for row in view.points], "<U16"),
        "target": np.array([rows[0].target for rows in tracks]),
        "annotator": np.array([rows[0].annotator for rows in tracks]),
        "state": np.array([str(rows[0].state) for rows in tracks]),
        "clip_id": np.array(clip.clip_id),
        "video_path": np.array(clip.media or next((frame.path for frame in view.frames if frame.path), "")),
        "size": np.array([clip.size.width, clip.size.height]),
        "fps": np.array(clip.fps),
    }
