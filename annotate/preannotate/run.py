"""A pre-annotation run: every clip once, resumed where it stopped, then written into the cohort."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...datasets.cohort import Cohort
from ...datasets.digest import value_digest
from ...datasets.schema import Provenance
from ...datasets.transaction import write_atomic
from ...pseudolabel.engines import LOCAL, EngineChoice
from ...pseudolabel.ledger import LeftOut
from ...pseudolabel.shards import shard_path
from ...pseudolabel.work_off import run_folder, work_off
from .annotator import ModelChoice
from .answer_shard import read_shard
from .clip_answer import ClipAnswer
from .clip_job import PreannotateSetup
from .fill import fill
from .plan import Plan, plan_preannotation
from .prompts import BoxPrompt
from .registry import annotator_spec


@dataclass(frozen=True)
class PreannotateResult:
    """What a run left. clips: asked about, of which `reused` had been answered already. labelled, unprompted: clips
    that were not asked about, see Plan. points, masks, onsets: new label rows; kept: places that were settled already.

    left_out: clips that could not be done, which the next run tries again.
    """

    out: Path
    provenance: str
    clips: int
    reused: int
    labelled: tuple[str, ...]
    unprompted: tuple[str, ...]
    points: int
    masks: int
    onsets: int
    kept: int
    left_out: tuple[LeftOut, ...]


def preannotate(
    cohort: Cohort,
    choice: ModelChoice,
    *,
    out: Path,
    clips: Collection[str] = (),
    boxes: Sequence[BoxPrompt] = (),
    engine: EngineChoice = LOCAL,
    say: Callable[[str], None] = lambda _: None,
) -> PreannotateResult:
    """Fill frames that nobody labelled with what a model says, as labels of state `model`.

    clips: only these, all where none are named. boxes: prompts beside the cohort's own, for a model that takes them.
    out: the run's folder, which goes on where it was killed and ends with the same bytes; nothing but it and the
    cohort is written. The same weights a second time add nothing; others replace labels that nobody reviewed. A clip
    that cannot be read is left out, and named. Raises BleedkitError where weights are missing, random or of another
    model, a clip is not there, another run is writing to `out`, or `out` cannot be written.
    """
    spec, setup = annotator_spec(choice.model), PreannotateSetup.of(cohort, choice)
    settings = setup.settings()
    provenance = provenance_of(settings)
    plan = plan_preannotation(cohort, choice, spec, settings, clips=clips, boxes=boxes)
    with run_folder(out) as log:
        worked = work_off(
            out, plan.units, setup, engine, log, what="pre-annotate", name=choice.model, read=read_shard, say=say
        )
        filled = fill(cohort, _answers(out, plan, worked.left_out), provenance)
        left_out = tuple(worked.left_out.values())
        result = PreannotateResult(
            out, provenance.id, len(plan.units), worked.reused, plan.labelled, plan.unprompted,
            filled.points, filled.masks, filled.onsets, filled.kept, left_out,
        )  # fmt: skip
        write_atomic(out / "run.json", _record(cohort, provenance, plan, left_out).encode())
        log.write("end", points=filled.points, masks=filled.masks, onsets=filled.onsets, left_out=len(left_out))
    return result


def provenance_of(settings: dict[str, Any]) -> Provenance:
    """Of labels made with these settings. Its weights digest is the file's, or one over all where there are several."""
    digests = settings["weights"]
    one = next(iter(digests.values())) if len(digests) == 1 else value_digest(digests)
    return Provenance.of("model", {"command": "preannotate", **settings}, weights_digest=one)


def _answers(out: Path, plan: Plan, lost: Collection[str]) -> Iterator[tuple[str, ClipAnswer]]:
    """Every finished clip's, one in memory at a time."""
    for unit_id, unit in plan.units.items():
        if unit_id not in lost:
            yield unit.clip_id, read_shard(shard_path(out, unit_id))


def _record(cohort: Cohort, provenance: Provenance, plan: Plan, left_out: Sequence[LeftOut]) -> str:
    """The run's record; without times, reuse or paths, so that a resumed run writes the same bytes."""
    record = {
        "format": 1,
        "cohort_digest": cohort.digest,
        "provenance": provenance.id,
        "config": json.loads(provenance.config_json),
        "code_version": provenance.code_version,
        "clips": [unit.clip_id for unit in plan.units.values()],
        "labelled": plan.labelled,
        "unprompted": plan.unprompted,
        "left_out": [asdict(unit) for unit in left_out],
    }
    return json.dumps(record, indent=2, sort_keys=True) + "\n"
