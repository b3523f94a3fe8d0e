"""Which clips of a cohort a protocol scores, and what it has to say about those it does not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...datasets.clip_strata import clip_strata
from ...datasets.cohort import Cohort
from ...datasets.digest import value_digest
from ...datasets.errors import BleedkitError
from ...datasets.split import load_split
from ...datasets.split_audit import parts_of, shared_patients
from ..protocols.protocol import Protocol
from ..training.cached_clips import Part, part_clips
from .clip_truth import clip_truth
from .evaluate_clip import CLIP_TASKS
from .whose_truth import PEOPLES_WORD, Truth, told_truth


@dataclass(frozen=True)
class ScoredClips:
    """clip_ids: in order, each with something to score. notes: what was left out and why, for people.

    leaky: why the figures are not to be trusted, one sentence each; a run with any is marked.
    """

    clip_ids: tuple[str, ...]
    notes: tuple[str, ...]
    leaky: tuple[str, ...]


def clips_of(
    protocol: Protocol,
    cohort: Cohort,
    *,
    split: str,
    fold: int = 0,
    allow_leak: bool = False,
    trained_on: Mapping[str, Any] | None = None,
    truth: Truth = PEOPLES_WORD,
) -> ScoredClips:
    """The clips of the protocol's part of a split; all of the cohort's for a protocol that names no part.

    trained_on: what the training's record says of its data (`data_facts`), None for a model that learnt nothing here.
    truth: a consensus' notes say how much it leaves undecided in the clips to choose from.
    Raises BleedkitError where patients are in several parts or may have been learnt from, unless `allow_leak`, and
    where no clip can be scored, saying what they lack.
    """
    chosen, shared = _part(protocol, cohort, split, fold)
    leaks = [*shared, *_training_leaks(protocol, cohort, split, fold, trained_on)]
    if leaks and not allow_leak:
        remedy = f"make a split by patient, 'bleedkit split build {cohort.folder} --name main', and train on it"
        raise BleedkitError("; ".join(leaks), f"{remedy}; or say --allow-leak, and every figure will be marked")
    scored: list[str] = []
    lacks: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for view in cohort.stream():
        if view.clip.clip_id in chosen:
            counted.update(truth.count(view))
            missing = CLIP_TASKS[protocol.task].lacks(clip_truth(cohort, truth.view(view)))
            lacks.update([missing] if missing else [])
            scored.extend([] if missing else [view.clip.clip_id])
    if not scored:
        raise _nothing(protocol, cohort, lacks, told_truth(truth, counted))
    notes = [f"{n} of {len(chosen)} clips left out: without {missing}" for missing, n in sorted(lacks.items())]
    return ScoredClips(tuple(scored), (*told_truth(truth, counted), *notes), tuple(leaks))


def _part(protocol: Protocol, cohort: Cohort, split: str, fold: int) -> tuple[set[str], list[str]]:
    """Ids of the clips to choose from, and how the split leaks."""
    if not protocol.part:
        return set(cohort.clips), []
    chosen = part_clips(cohort, Part(split, protocol.part, fold, leaky=True))
    rows = clip_strata(cohort)
    parts = parts_of(rows, load_split(cohort, split), fold)
    shared = shared_patients([row for row in rows if row.clip.clip_id in parts], parts)
    more = f", and {len(shared) - 1} more" if len(shared) > 1 else ""
    return chosen, [f"split {split} leaks: {shared[0].what}{more}"] if shared else []


def _training_leaks(
    protocol: Protocol, cohort: Cohort, split: str, fold: int, facts: Mapping[str, Any] | None
) -> list[str]:
    """A training on this cohort must have been of the same split and fold, and of another part."""
    if facts is None or (facts["cohort_digest"] != cohort.digest and facts["cohort"] != cohort.meta.name):
        return []
    if not protocol.part:
        return [f"the model was trained on {facts['cohort']}, and {protocol.name} asks for a cohort it never saw"]
    if facts["cohort_digest"] != cohort.digest:
        return [f"the model was trained on another state of {facts['cohort']}, maybe on patients of this part"]
    asked = (value_digest(load_split(cohort, split).to_json()), fold)
    if (facts["split_digest"], facts["fold"]) != asked:
        return [f"the model was trained on split {facts['split']}, fold {facts['fold']}, not on {split}, fold {fold}"]
    if facts["part"] == protocol.part:
        return [f"the model was trained on the part {protocol.part} itself"]
    return []


def _nothing(protocol: Protocol, cohort: Cohort, lacks: Counter[str], told: Sequence[str]) -> BleedkitError:
    part = f"the part {protocol.part} of {cohort.folder}" if protocol.part else str(cohort.folder)
    missing = ", ".join(f"{what} ({n})" for what, n in lacks.most_common())
    remedy = "only labels by people count, of the targets source and region; see 'bleedkit data stats'"
    what = "; ".join([f"{part} has no clip for protocol {protocol.name}: its clips lack {missing}", *told])
    return BleedkitError(what, remedy)
