"""How good a configuration is on a cohort: densified anew, scored where the point is known, nothing written to it.

Ways are compared on the same frames, from the same tracks: the engine, the plain forward track, that track under the
paper's Kalman smoothing and under a bridge, the straight line between the labels, and the label before held still.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final

import numpy as np

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from ..datasets.progress import track
from ..datasets.schema import Clip
from ..datasets.worker_life import end_with_parent
from ..models.stage import CPU, Resources
from .accuracy import ScoredFrames, joined
from .copied_labels import CopiedLabel, on_copies
from .evaluation_clip import ClipEvaluator, ClipScores, EvaluationSetup
from .evaluation_scores import Group, by_gap, by_reason, by_scenario, score_group
from .label_noise import label_sd
from .presets import PseudoLabelConfig

EXACT: Final = "exact truth"
HIDDEN: Final = "hidden labels"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was found. name: the preset's. settings: all that the results hang on. hide: 0 where every label was shown.

    exact_labels: whether these lay where the target really is. reference: what frames were scored against. failed: clip
    id to what stopped it. unscored: clips of which no frame has a reference between two visible labels. reasons: the
    frames the engine does not keep, by why. copies: labels that most likely repeat the one before. without_copies: the
    frames that rest on none of them; None where there is no copy or no such frame.
    """

    cohort: Cohort
    name: str
    config: PseudoLabelConfig
    settings: Mapping[str, Any]
    hide: int
    phase: int
    exact_labels: bool
    reference: str
    frames: ScoredFrames
    overall: Group
    scenarios: Mapping[str, Group]
    gaps: Mapping[str, Group]
    reasons: Mapping[str, Group]
    copies: Sequence[CopiedLabel]
    without_copies: Group | None
    unscored: Sequence[str]
    failed: Mapping[str, str]


def evaluate_pseudolabels(
    cohort: Cohort,
    config: PseudoLabelConfig,
    *,
    name: str,
    hide: int = 0,
    phase: int = 0,
    exact_labels: bool = False,
    clips: int | None = None,
    scenarios: Sequence[str] = (),
    workers: int = 1,
    resources: Resources = CPU,
) -> Evaluation:
    """Score a configuration on a cohort, `name` being what it is called.

    hide: show only every hide-th label of a target, the first being number `phase`, see `hide_labels`; 0 shows all,
    which needs exact truth. exact_labels: show them where the target really is. clips: so many, evenly from the list of
    ids. scenarios: only clips that have one of them. The result is the same for any number of workers. Raises
    BleedkitError where no frame can be scored.
    """
    if workers < 1 or hide < 0 or hide == 1:
        raise ValueError(f"workers must be at least 1 and hide 0 or at least 2, got {workers} and {hide}")
    if not 0 <= phase < max(1, hide):
        raise ValueError(f"phase must be one of the {max(1, hide)} ways to show labels, counted from 0, got {phase}")
    settings = config.settings(resources)
    chosen = choose_clips(cohort, clips, scenarios)
    sd = label_sd(cohort.points(), {clip_id: clip.size.width for clip_id, clip in cohort.clips.items()})
    setup = EvaluationSetup(cohort.folder, cohort.media_root, config, resources, hide, sd, phase, exact_labels)
    failed: dict[str, str] = {}
    clip_ids = [clip.clip_id for clip in chosen]
    results = {one.clip_id: one for one in track(_scores(setup, clip_ids, workers, failed), "evaluate", len(chosen))}
    scored = [results[clip_id] for clip_id in clip_ids if clip_id in results]
    parts = [one.frames for one in scored if one.frames is not None]
    if not parts:
        raise _nothing_scored(cohort, hide, scored, failed)
    frames = joined(parts)

    def groups(masks: Mapping[str, np.ndarray]) -> dict[str, Group]:
        return {group: score_group(frames.where(mask), patients) for group, mask in masks.items()}

    patients = {clip.clip_id: clip.patient_id for clip in chosen}
    reference = " and ".join(sorted({EXACT if one.exact else HIDDEN for one in scored if one.frames is not None}))
    copies = [copy for one in scored for copy in one.copies]
    copied = on_copies(frames, copies, hidden_labels=HIDDEN in reference)
    return Evaluation(
        cohort=cohort,
        name=name,
        config=config,
        settings=settings,
        hide=hide,
        phase=phase,
        exact_labels=exact_labels,
        reference=reference,
        frames=frames,
        overall=score_group(frames, patients),
        scenarios=groups(by_scenario(frames, {clip.clip_id: clip.scenarios for clip in chosen})),
        gaps=groups(by_gap(frames)),
        reasons=groups(by_reason(frames)),
        copies=copies,
        without_copies=score_group(frames.where(~copied), patients) if copies and not copied.all() else None,
        unscored=[one.clip_id for one in scored if one.frames is None],
        failed=dict(sorted(failed.items())),
    )


def choose_clips(cohort: Cohort, most: int | None, scenarios: Sequence[str]) -> list[Clip]:
    """`most` clips, evenly from the list of ids, of those with one of the scenarios. Raises BleedkitError for none."""
    known = {name for clip in cohort.clips.values() for name in clip.scenarios}
    for name in scenarios:
        if name not in known:
            said = f"it has {', '.join(sorted(known))}" if known else "none of its clips names one"
            raise BleedkitError(f"{cohort.folder} has no clip of the scenario {name!r}", said)
    found = [clip for clip in cohort.clips.values() if not scenarios or set(scenarios) & set(clip.scenarios)]
    if most is None or most >= len(found):
        return found
    return [found[i] for i in np.linspace(0, len(found) - 1, most).round().astype(int)]


def _nothing_scored(
    cohort: Cohort, hide: int, scored: Sequence[ClipScores], failed: Mapping[str, str]
) -> BleedkitError:
    if failed:
        clip_id, why = next(iter(failed.items()))
        return BleedkitError(f"no clip of {cohort.folder} could be scored; the first, {clip_id}: {why}")
    if any(one.exact for one in scored):
        what = f"{cohort.folder} has truth, but for no frame between two visible labels that are shown"
    elif hide:
        what = f"{cohort.folder} has no exact truth, and no label that --hide {hide} hides is between two visible ones"
    else:
        return BleedkitError(f"{cohort.folder} has no exact truth", "hide some labels and score there: --hide 2")
    return BleedkitError(what, "hide fewer labels, or label more frames")


def _scores(
    setup: EvaluationSetup, clip_ids: Sequence[str], workers: int, failed: dict[str, str]
) -> Iterator[ClipScores]:
    """Each clip's scores, in the order in which they are done; what stops a clip goes into `failed`."""
    if workers == 1:
        evaluator = ClipEvaluator(setup)
        for clip_id in clip_ids:
            try:
                yield evaluator.evaluate(clip_id)
            except BleedkitError as error:
                failed[clip_id] = str(error)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_process, (setup,)) as pool:
        futures = {pool.submit(_evaluate_here, clip_id): clip_id for clip_id in clip_ids}
        try:
            for future in as_completed(futures):
                try:
                    yield future.result()
                except BrokenProcessPool as error:
                    remedy = "try fewer workers if memory is short"
                    raise BleedkitError("a worker process was killed", remedy) from error
                except BleedkitError as error:
                    failed[futures[future]] = str(error)
        finally:
            pool.shutdown(cancel_futures=True)


_HERE: Final[list[ClipEvaluator]] = []  # of a worker process: its one evaluator


def _start_process(setup: EvaluationSetup) -> None:
    end_with_parent()
    _HERE.append(ClipEvaluator(setup))


def _evaluate_here(clip_id: str) -> ClipScores:
    return _HERE[0].evaluate(clip_id)
