"""The human ceiling: one annotator's labels scored against those of the others, as if that person were a model.

Only clips that somebody else labelled too, and of those only the frames (or onsets) that both looked at. The others'
word is the mean of the points of those who see the source (a tie of seen and not seen says seen, as in BleedOrigin
3.2), the pixels that at least half of them hold to be in the region, and the median onset of those who say that it
bleeds. That is another truth than the models are scored against, so their figures stand beside each other and are not
compared pair by pair. Nobody is scored against a written consensus (whose_truth), as one's own labels are in it and
the figure would be too good; a rule asks for teams and reviewers, so leaving one person out would make it another rule.
One run is one annotator: its seed is the annotator's place in `annotators`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from ...datasets.cohort import ClipView, Cohort
from ...datasets.schema import LabelState
from ...models.predict import FramePrediction
from ..predictions.mask_code import encode_mask
from ..predictions.schemas import Task
from ..protocols.protocol import Protocol
from . import deploy_clip, onset_clip, region_point_clip, source_clip, track_clip
from .clip_rows import Row, clip_table
from .clip_truth import NEVER, ClipTruth, Place, Region, clip_truth
from .evaluate_clip import CLIP_TASKS
from .predictors import SourceFound

_NOWHERE: Final = np.full(2, np.nan, np.float32)


def annotators(cohort: Cohort) -> tuple[str, ...]:
    """Everybody who is named on a label by a person, sorted."""
    found: set[str] = set()
    for name in ("points", "masks", "onsets"):
        labels = cohort.label_table(name).select(["annotator", "state"]).to_pylist()
        found |= {row["annotator"] for row in labels if row["state"] == LabelState.HUMAN.value and row["annotator"]}
    return tuple(sorted(found))


def human_clip(protocol: Protocol, cohort: Cohort, view: ClipView, annotator: str) -> pa.Table:
    """What one annotator says of a clip, beside what the others do: rows as `evaluate_clip` gives them.

    No rows where that cannot be scored. Raises BleedkitError where a mask cannot be read.
    """
    people = {label.annotator for label in (*view.points, *view.masks, *view.onsets)} - {annotator, ""}
    mine = clip_truth(cohort, view, annotator)
    others = _together([clip_truth(cohort, view, one) for one in sorted(people)])
    truth = others.only(mine.points, mine.regions)
    if protocol.task == "source":  # the picture that models are shown, whenever the others say that it begins
        truth = replace(truth, onset=clip_truth(cohort, view).onset)
    if CLIP_TASKS[protocol.task].lacks(truth):
        return protocol.schema.empty_table()
    return clip_table(protocol.schema, view.clip, _SAID[protocol.task](mine, truth))


def _region_point(mine: ClipTruth, truth: ClipTruth) -> list[Row]:
    rows = []
    for frame in truth.points.keys() | truth.regions.keys():
        place = mine.points.get(frame)
        # Who drew a region and was not asked for the source says nothing of its presence.
        presence = float(place is not None) if frame in mine.points else np.nan
        answer = FramePrediction(frame, _xy(place), place is not None, presence, np.zeros((0, 0), bool))
        mask = encode_mask(mine.regions[frame]()) if frame in mine.regions else None
        rows.append(region_point_clip.row(truth, frame, answer, mask))
    return rows


def _onset(mine: ClipTruth, truth: ClipTruth) -> list[Row]:
    if mine.onset is None:
        return []
    return [onset_clip.row(truth, _said_onset(mine), np.nan)]


def _source(mine: ClipTruth, truth: ClipTruth) -> list[Row]:
    frame = source_clip.picture_frame(truth)
    return [] if frame is None else [source_clip.row(truth, frame, SourceFound(_xy(mine.points[frame]), np.nan))]


def _track(mine: ClipTruth, truth: ClipTruth) -> list[Row]:
    query, *later = track_clip.scored_frames(truth)
    given = track_clip.row(truth, query, _xy(truth.points[query]), visible=True, is_query=True)
    return [given, *(_tracked(mine, truth, frame) for frame in later)]


def _tracked(mine: ClipTruth, truth: ClipTruth, frame: int) -> Row:
    place = mine.points[frame]
    return track_clip.row(truth, frame, _xy(place), visible=place is not None, is_query=False)


def _deploy(mine: ClipTruth, truth: ClipTruth) -> list[Row]:
    if mine.onset is None:
        return []
    onset, rows = _said_onset(mine), []
    for frame in truth.points:
        place = mine.points[frame]
        seen = place is not None
        rows.append(deploy_clip.row(truth, frame, _xy(place), visible=seen, confidence=np.nan, onset=onset))
    return rows


_SAID: Final[Mapping[Task, Callable[[ClipTruth, ClipTruth], list[Row]]]] = {
    "region-point": _region_point,
    "onset": _onset,
    "source": _source,
    "track": _track,
    "deploy": _deploy,
}


def _said_onset(mine: ClipTruth) -> int | None:
    return None if mine.onset == NEVER else mine.onset


def _xy(place: Place) -> np.ndarray:
    return _NOWHERE if place is None else np.array(place, np.float32)


def _together(people: Sequence[ClipTruth]) -> ClipTruth:
    """What several people say, as one."""
    points = {
        frame: _mean([one.points[frame] for one in people if frame in one.points]) for frame in _all(people, "points")
    }
    regions = {
        frame: _most([one.regions[frame] for one in people if frame in one.regions])
        for frame in _all(people, "regions")
    }
    return ClipTruth(points, regions, _median([one.onset for one in people if one.onset is not None]))


def _all(people: Sequence[ClipTruth], kind: str) -> list[int]:
    return sorted({frame for one in people for frame in getattr(one, kind)})


def _mean(places: Sequence[Place]) -> Place:
    seen = [place for place in places if place is not None]
    if 2 * len(seen) < len(places):
        return None
    x, y = np.mean(seen, axis=0)
    return float(x), float(y)


def _most(regions: Sequence[Region]) -> Region:
    def region() -> np.ndarray:
        return np.asarray(np.mean([one() for one in regions], axis=0) >= 0.5)

    return region


def _median(onsets: Sequence[int]) -> int | None:
    """The earlier one of the middle two of an even number; a tie of bleeding and never bleeding says bleeding."""
    bleeding = sorted(onset for onset in onsets if onset != NEVER)
    if 2 * len(bleeding) < len(onsets):
        return NEVER
    return bleeding[(len(bleeding) - 1) // 2] if bleeding else None
