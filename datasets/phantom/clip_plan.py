"""A clip that is to be made: its row in the cohort, its scene, and the frames that people label."""

import zlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from ..schema import Clip, ImageSize
from .config import PatientLook, PhantomClip

SMALLEST: Final = 64  # pixels a side: below, no instrument or vessel is more than a dot
Part = TypeVar("Part", bound=Hashable)


@dataclass(frozen=True)
class PlannedClip:
    """One clip of a phantom cohort. ordinal: its place in the plan; other clips never change it.

    point_frames, mask_frames: the frames that people label. pools_count: standing blood belongs to their masks as well.
    labels_onset: they say when it starts bleeding.
    """

    ordinal: int
    row: Clip
    scene: PhantomClip
    point_frames: tuple[int, ...] = ()
    mask_frames: tuple[int, ...] = ()
    pools_count: bool = False
    labels_onset: bool = True


def clip_row(scene: PhantomClip, clip_id: str, *, patient: str, procedure: str, official_split: str = "") -> Clip:
    """The cohort's row of a scene: what the scene says already is said once."""
    return Clip(
        clip_id=clip_id,
        patient_id=patient,
        procedure_id=procedure,
        fps=scene.fps,
        size=scene.size,
        n_frames=scene.n_frames,
        site=scene.site,
        scenarios=tuple(scene.scenarios),
        official_split=official_split,
    )


@dataclass(frozen=True)
class Wish:
    """What a clip is planned from. patients: how many the user asked for, None for the preset's own proportion.

    identity: see PatientLook.of.
    """

    preset: str
    seed: int
    scale: float
    patients: int | None
    identity: float = 1.0

    def rng(self, purpose: str, *numbers: int) -> np.random.Generator:
        """Random numbers for one purpose and thing (a clip's ordinal, a patient's number)."""
        return np.random.default_rng(self._entropy(purpose, *numbers))

    def seed_of(self, purpose: str, *numbers: int) -> int:
        """A seed for one purpose and thing."""
        return int(np.random.SeedSequence(self._entropy(purpose, *numbers)).generate_state(1, np.uint64)[0] >> 1)

    def look(self, patient: int, site: str) -> PatientLook:
        """What patient number `patient`, from 0, looks like at a site."""
        return PatientLook.of(self.seed_of("patient", patient), site, self.identity)

    def size(self, width: int, height: int) -> ImageSize:
        """The scaled picture: even sides, as H.264 wants them, of at least SMALLEST pixels."""
        return ImageSize(*(max(SMALLEST, 2 * round(side * self.scale / 2)) for side in (width, height)))

    def _entropy(self, purpose: str, *numbers: int) -> list[int]:
        return [self.seed, zlib.crc32(f"{self.preset} {purpose}".encode()), *numbers]


@dataclass(frozen=True)
class Slot:
    """A clip's place in the plan: ordinal, patient and how many of the patient's clips come before it, all from 0."""

    ordinal: int
    patient: int
    before: int


@dataclass(frozen=True)
class PresetSpec:
    """A kind of cohort. patients, clips: of the whole one. plan: the clip of a slot, any ordinal from 0 on.

    annotators: their names; where they disagree the first is believed. scaled: what `scale` shrinks, in words.
    """

    name: str
    title: str
    patients: int
    clips: int
    annotators: tuple[str, ...]
    scaled: str
    plan: Callable[[Wish, Slot], PlannedClip]


def slots(wish: Wish, spec: PresetSpec, count: int) -> list[Slot]:
    """Whose clips the first `count` are.

    Where the user named a number of patients, the first clips are of one each; else a new patient comes as often as in
    the whole cohort. All other clips are of somebody who was there before, some people more often than others.
    """
    busy = wish.rng("busy").gamma(4.0, size=count)
    clips_of: list[int] = []
    found = []
    for ordinal in range(count):
        known = len(clips_of)
        wanted = -(-(ordinal + 1) * spec.patients // spec.clips) if wish.patients is None else wish.patients
        if known < wanted:
            clips_of.append(0)
            patient = known
        else:
            weights = busy[:known] / busy[:known].sum()
            patient = int(wish.rng("patient of clip", ordinal).choice(known, p=weights))
        found.append(Slot(ordinal, patient, clips_of[patient]))
        clips_of[patient] += 1
    return found


def spread(quotas: Mapping[Part, int]) -> list[Part]:
    """Each part as often as its quota says, spread evenly, so that the first few have about the same shares."""
    total, given, order = sum(quotas.values()), dict.fromkeys(quotas, 0), list[Part]()
    for place in range(1, total + 1):
        part = max(quotas, key=lambda name: quotas[name] * place / total - given[name])
        given[part] += 1
        order.append(part)
    return order


def every(step: int, first: int, n_frames: int) -> tuple[int, ...]:
    """Frames `first`, `first` + step, ... below `n_frames`."""
    return tuple(range(first, n_frames, step))
