"""The clips of one part of a split, ready to be learnt from: frames and masks in a cache on disk, labels in memory."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets.clip_strata import clip_strata
from ...datasets.cohort import ClipView, Cohort
from ...datasets.digest import value_digest
from ...datasets.errors import BleedkitError
from ...datasets.progress import track
from ...datasets.schema import ImageSize, LabelState
from ...datasets.split import Split, load_split
from ...datasets.split_audit import parts_of, shared_patients
from ..evaluation.whose_truth import PEOPLES_WORD, Truth
from .clip_labels import HUMAN, SOURCE, ClipLabels, clip_labels, mask_labels
from .frame_cache import FrameCache


@dataclass(frozen=True)
class Part:
    """Which clips. fold: of a split with several. leaky: take a split that puts a patient into several parts."""

    split: str
    name: str = "train"
    fold: int = 0
    leaky: bool = False


@dataclass(frozen=True, eq=False)
class CachedClip:
    """One clip. size: of the cached pictures; stored: of the clip's own frames. has_image (T,) bool."""

    clip_id: str
    patient_id: str
    fps: float
    size: ImageSize
    stored: ImageSize
    frames: Path
    masks: Path
    labels: ClipLabels
    has_image: np.ndarray

    def __len__(self) -> int:
        return len(self.has_image)

    def pictures(self, wanted: Sequence[int] | np.ndarray | slice) -> np.ndarray:
        """Frames (N, 3, h, w) uint8 RGB, read from the cache: only these are in memory."""
        return np.array(_mapped(self.frames)[wanted].transpose(0, 3, 1, 2), order="C")

    def regions(self, wanted: Sequence[int] | np.ndarray | slice) -> np.ndarray:
        """Regions (N, 1, h, w) uint8 of 0 and 1."""
        return np.array(_mapped(self.masks)[wanted][:, None])


def cached_clips(
    cohort: Cohort,
    part: Part,
    cache: FrameCache,
    *,
    states: Collection[LabelState] = HUMAN,
    target: str = SOURCE,
    truth: Truth = PEOPLES_WORD,
) -> list[CachedClip]:
    """The part's clips in id order; what is not in the cache yet is decoded, under a progress bar.

    truth: what counts as people's labels.

    Raises BleedkitError where there is no such split, it lets a patient into two parts, the part is empty, or frames
    cannot be read.
    """
    wanted = part_clips(cohort, part)
    views = (truth.view(view) for view in cohort.stream() if view.clip.clip_id in wanted)
    return [cached_clip(cohort, view, cache, states, target) for view in track(views, "decode", len(wanted))]


def cached_clip(
    cohort: Cohort, view: ClipView, cache: FrameCache, states: Collection[LabelState] = HUMAN, target: str = SOURCE
) -> CachedClip:
    """One clip. Raises BleedkitError where its frames cannot be read or the cache takes no more."""
    clip = view.clip
    has_image = np.zeros(clip.n_frames, bool)
    has_image[[frame.frame for frame in view.frames if frame.has_image]] = True
    return CachedClip(
        clip.clip_id,
        clip.patient_id,
        clip.fps,
        cache.size,
        clip.size,
        cache.frames(cohort, view),
        cache.masks(cohort, view, mask_labels(view, states)),
        clip_labels(view, states, target),
        has_image,
    )


def part_clips(cohort: Cohort, part: Part) -> set[str]:
    """Ids of the part's clips. Raises BleedkitError as `cached_clips` does."""
    split = load_split(cohort, part.split)
    if not 0 <= part.fold < len(split.folds):
        raise BleedkitError(
            f"split {split.name} has folds 0 to {len(split.folds) - 1}, not {part.fold}", "choose another --fold"
        )
    rows = clip_strata(cohort)
    parts = parts_of(rows, split, part.fold)
    leaks = shared_patients([row for row in rows if row.clip.clip_id in parts], parts)
    if leaks and not part.leaky:
        raise BleedkitError(
            f"split {split.name} leaks: {leaks[0].what}",
            f"make one by patient, 'bleedkit split build {cohort.folder} --name main', or say --leaky-split",
        )
    found = {clip_id for clip_id, name in parts.items() if name == part.name}
    if not found:
        raise BleedkitError(f"part {part.name} of split {split.name} holds no clip", "choose another split or part")
    return found


def data_facts(cohort: Cohort, part: Part, clips: Sequence[CachedClip]) -> dict[str, Any]:
    """What a run's record says of its data: who, by which split, and the digest of all that was learnt from."""
    split: Split = load_split(cohort, part.split)
    labels = [[clip.clip_id, clip.frames.name, clip.masks.name, _digest(clip.labels)] for clip in clips]
    return {
        "cohort": cohort.meta.name,
        "cohort_digest": cohort.digest,
        "split": part.split,
        "split_digest": value_digest(split.to_json()),
        "fold": part.fold,
        "part": part.name,
        "leaky": part.leaky,
        "clips": len(clips),
        "patients": len({clip.patient_id for clip in clips}),
        "labels_digest": value_digest(labels),
    }


def _digest(labels: ClipLabels) -> str:
    plain = [labels.point.tobytes().hex(), labels.onset]
    return value_digest([*plain, *(getattr(labels, n).tolist() for n in ("visible", "point_known", "mask_known"))])


def _mapped(path: Path) -> np.ndarray:
    return np.load(path, mmap_mode="r")  # opened at each call: worker processes then share nothing but the file
