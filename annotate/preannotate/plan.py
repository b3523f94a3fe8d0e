"""Which clips are to be asked about, and under which id their answers are kept."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from .annotator import AnnotatorSpec, ModelChoice
from .clip_unit import ClipUnit
from .prompts import BoxPrompt, prompts_of
from .settled import Settled


@dataclass(frozen=True)
class Plan:
    """units: by id, in the order of clips. labelled: clips with nothing left to say. unprompted: clips of which nobody
    says where a region is, where the model begins from that.
    """

    units: Mapping[str, ClipUnit]
    labelled: tuple[str, ...]
    unprompted: tuple[str, ...]


def plan_preannotation(
    cohort: Cohort,
    choice: ModelChoice,
    spec: AnnotatorSpec,
    settings: Mapping[str, Any],
    *,
    clips: Collection[str] = (),
    boxes: Iterable[BoxPrompt] = (),
) -> Plan:
    """A unit a clip. clips: only these, all where none are named. Raises BleedkitError where one is not there."""
    for clip_id in clips:
        cohort.clip(clip_id)
    by_clip: dict[str, list[BoxPrompt]] = {}
    for box in boxes:
        by_clip.setdefault(box.clip_id, []).append(box)
    if by_clip and not spec.prompted:
        raise BleedkitError(f"{choice.model} takes no boxes", "leave them out, or choose --model sam2")
    units: dict[str, ClipUnit] = {}
    labelled, unprompted = [], []
    for view in cohort.stream():
        clip_id = view.clip.clip_id
        images = {row.frame: row.digest for row in view.frames if row.has_image}
        if (clips and clip_id not in clips) or not images:
            continue
        prompts = prompts_of(view, by_clip.get(clip_id, ())) if spec.prompted else ()
        unit = ClipUnit(clip_id, choice.model, tuple(images), tuple(p for p in prompts if p.frame in images))
        if not Settled.of(view).leaves(unit.frames, spec.says):
            labelled.append(clip_id)
        elif spec.prompted and not any(prompt.says for prompt in unit.prompts):
            unprompted.append(clip_id)
        else:
            units[unit.id(view.clip.media_digest or images, settings)] = unit
    return Plan(units, tuple(labelled), tuple(unprompted))
