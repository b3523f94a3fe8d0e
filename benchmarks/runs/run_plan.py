"""From a wish to what a run hangs on: names looked up, leaks looked for, data digested; nothing is written yet."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from ...datasets.cohort import Cohort
from ...datasets.digest import file_digest, value_digest
from ...datasets.errors import BleedkitError
from ...datasets.split import load_split
from ...datasets.tables import LABELS
from ...models.region_point_net import Size
from ...models.stage import CPU, Resources
from ...models.weights import weights_file
from ..entries.entry import Entry
from ..evaluation.clips_of import ScoredClips, clips_of
from ..evaluation.whose_truth import PEOPLE, Truth, truth_of
from ..protocols.protocol import Protocol
from ..training.recipe import Recipe
from ..training.run import RECORD as TRAINING_RECORD
from ..training.run import WEIGHTS
from ..training.trainable_models import MODELS, PRETRAINED
from .human_run import ENTRY as HUMAN_ENTRY
from .human_run import HUMAN
from .record import RunKey

WHOLE: Final = "all"
"""The name of the split of protocols that score a whole cohort."""
TRAIN_PART: Final = "train"
LEARNT_FROM: Final[Mapping[str, str | None]] = {
    "bloodet": "surgblood",
    "bleedorigin_onset": None,
    "bleedorigin_source": None,
    "bleedorigin_track": None,
}
"""Checkpoints that were trained on patients, and of which source dataset; None: of whatever cohort somebody took."""
_TRAINED_ON: Final = ("cohort", "cohort_digest", "split", "split_digest", "fold", "part")


@dataclass(frozen=True)
class RunJob:
    """What somebody wants run; plain values, so that it can be sent to another process.

    train: train the model first if it learns anything; otherwise `trained` names the weights or the training's folder,
    None for a model that needs none or has official ones. recipe: None for the paper's; its seed is the job's. split:
    "" for protocols that score a whole cohort. init, size, flow: see Wish. truth: `people` or `consensus`, of what is
    scored and of what is learnt here. command: for the record, () for that of
    the process that does the job.
    """

    protocol: str
    model: str
    seed: int
    cohort: Path
    split: str = ""
    fold: int = 0
    train: bool = True
    trained: Path | None = None
    size: Size = "full"
    init: str = PRETRAINED
    flow: str = "dis"
    recipe: Recipe | None = None
    resources: Resources = field(default_factory=lambda: CPU)
    allow_leak: bool = False
    truth: str = PEOPLE
    command: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.protocol} {self.model} seed {self.seed}"


@dataclass(frozen=True, eq=False)
class RunPlan:
    """A job that can be done. recipe: None where nothing is to be trained. trained: weights from elsewhere.

    settings, data: of the record, JSON-able; two runs with equal ones are of the same.
    """

    job: RunJob
    key: RunKey
    protocol: Protocol
    entry: Entry
    cohort: Cohort
    truth: Truth
    clips: ScoredClips
    recipe: Recipe | None
    trained: Path | None
    settings: Mapping[str, Any]
    data: Mapping[str, Any]


def plan_run(job: RunJob, entries: Mapping[str, Entry], protocols: Mapping[str, Protocol]) -> RunPlan:
    """Look everything up. Raises BleedkitError for names that are not there, data that do not go together, and leaks.

    Leaks that the job allows are in the plan's clips and data.
    """
    protocol = _named(protocols, job.protocol, "protocol")
    entry = _named({**entries, HUMAN: HUMAN_ENTRY}, job.model, "model")
    if protocol.task not in entry.tasks:
        able = ", ".join(name for name, other in sorted(entries.items()) if protocol.task in other.tasks)
        raise BleedkitError(f"{entry.name} does not do {protocol.task}", f"protocol {protocol.name} is for {able}")
    cohort = Cohort(job.cohort)
    if protocol.part and not job.split:
        raise BleedkitError(f"protocol {protocol.name} asks for a split", "say --split")
    split = job.split if protocol.part else WHOLE
    truth = _truth(job, cohort)
    fold = job.fold if protocol.part else 0
    key = RunKey(protocol.name, cohort.meta.name, split, fold, entry.name, job.seed, truth.name)
    _check_names(key)
    trains = bool(entry.trains) and job.train
    if trains and not protocol.part:
        what = f"protocol {protocol.name} asks for a model trained on another cohort"
        raise BleedkitError(what, "train it there, then: bleedkit bench evaluate --trained RUN")
    recipe = replace(job.recipe or MODELS[entry.trains].recipe, seed=job.seed) if trains else None
    trained = None if trains else _weights_of(job.trained)
    job = _as_trained(job, trained)
    clips = _clips(job, protocol, entry, cohort, trained, truth=truth, trains=trains)
    return RunPlan(
        job, key, protocol, entry, cohort, truth, clips, recipe, trained,
        _settings(job, recipe, trained), {**_data(cohort, key, protocol, clips), **truth.told},
    )  # fmt: skip


def _named(registry: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in registry:
        raise BleedkitError(f"there is no {what} {name!r}", f"choose one of {', '.join(sorted(registry))}")
    return registry[name]


def _truth(job: RunJob, cohort: Cohort) -> Truth:
    """Raises BleedkitError for a person scored against a consensus that has that person's own labels in it."""
    if job.model == HUMAN and job.truth != PEOPLE:
        what = "an annotator's own labels are in the consensus, so that it says little of how good people are"
        raise BleedkitError(what, f"leave out --truth: {HUMAN} is then one annotator against the others alone")
    return truth_of(cohort, job.truth)


def _check_names(key: RunKey) -> None:
    """Names become folders, and must not lead anywhere else."""
    for name in key.folder.parts:
        if name.startswith(".") or not all(c.isalnum() or c in "-_." for c in name):
            what = f"{name!r} cannot be the name of a folder of runs"
            raise BleedkitError(what, "use letters, digits, '-', '_' and '.' for cohorts and splits")


def _as_trained(job: RunJob, trained: Path | None) -> RunJob:
    """The job with the size and the flow of its weights' training, where that says so: others would not fit."""
    said = (training_facts(trained) if trained else None) or {}
    size: Size = "tiny" if said.get("size", job.size) == "tiny" else "full"
    return replace(job, size=size, flow=str(said.get("flow", job.flow)))


def _weights_of(trained: Path | None) -> Path | None:
    """The weights that a folder of a training holds, or the file itself."""
    path = trained / WEIGHTS if trained is not None and trained.is_dir() else trained
    if path is not None and not path.is_file():
        raise BleedkitError(f"there are no weights at {path}", "name weights, or the finished training that left them")
    return path


def _clips(
    job: RunJob, protocol: Protocol, entry: Entry, cohort: Cohort, trained: Path | None, *, truth: Truth, trains: bool
) -> ScoredClips:
    """What is scored, and why the scores may be too good; clips_of asks about the split and known trainings."""
    facts, unknown = _learnt_from(job, entry, cohort, trained, trains=trains)
    if unknown and not job.allow_leak:
        remedy = "name the folder of its training with --trained; or say --allow-leak, and every figure will be marked"
        raise BleedkitError(unknown[0], remedy)
    trainings: list[dict[str, Any] | None] = [*facts] or [None]
    asked = partial(clips_of, protocol, cohort, split=job.split, fold=job.fold, allow_leak=job.allow_leak, truth=truth)
    found = [asked(trained_on=one) for one in trainings]
    leaks = dict.fromkeys([*(leak for one in found for leak in one.leaky), *unknown])
    return replace(found[0], leaky=tuple(leaks))


def _learnt_from(
    job: RunJob, entry: Entry, cohort: Cohort, trained: Path | None, *, trains: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """What is known of all trainings on patients, and a sentence for each of which nothing is."""
    if trains:
        return [_own_training(job, cohort)], []
    if entry.trains and trained is None:
        return [], [f"nobody says on whom the weights of {entry.name} were trained"]
    facts, unknown = [], []
    names = [name for name in entry.weights if LEARNT_FROM.get(name, "") in (None, cohort.meta.source)]
    files = [weights_file(name, job.resources.weights.get(name)) for name in names]
    for file in [trained] if trained is not None else files:
        said = training_facts(file)
        facts += [said] if said else []
        unknown += [] if said else [f"nobody says on whom {file} was trained"]
    return facts, unknown


def _own_training(job: RunJob, cohort: Cohort) -> dict[str, Any]:
    """What the record of this run's own training will say of its data."""
    return {
        "cohort": cohort.meta.name,
        "cohort_digest": cohort.digest,
        "split": job.split,
        "split_digest": value_digest(load_split(cohort, job.split).to_json()),
        "fold": job.fold,
        "part": TRAIN_PART,
    }


def training_facts(weights: Path) -> dict[str, Any] | None:
    """What the record beside weights or adapters says of their training; None where there is none, or not theirs."""
    try:
        record = json.loads((weights.parent / TRAINING_RECORD).read_text(encoding="utf-8"))
        whose = record["kind"], record["weights_digest"]
        facts = {name: record["facts"][name] for name in _TRAINED_ON}
        facts["weights"] = dict(record["facts"]["weights"])
        facts |= {name: record["facts"][name] for name in ("size", "flow", "truth") if name in record["facts"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return facts if whose == ("training", file_digest(weights.with_name(WEIGHTS))) else None


def _settings(job: RunJob, recipe: Recipe | None, trained: Path | None) -> dict[str, Any]:
    """Plain values alone, as run.json will give them back."""
    found: dict[str, Any] = {"size": job.size, "flow": job.flow}
    if recipe is not None:
        found |= {"init": job.init, "recipe": asdict(recipe)}
    if trained is not None:
        found |= {"trained_elsewhere": file_digest(trained)}
    return json.loads(json.dumps(found))


def _data(cohort: Cohort, key: RunKey, protocol: Protocol, clips: ScoredClips) -> dict[str, Any]:
    found = {
        "cohort_digest": cohort.digest,
        "labels_digest": value_digest({name: cohort.meta.digests.get(name, "") for name in LABELS}),
        "part": protocol.part,
        "clips": len(clips.clip_ids),
        "patients": len({cohort.clips[clip_id].patient_id for clip_id in clips.clip_ids}),
        "left_out": list(clips.notes),
        "leaks": list(clips.leaky),
    }
    if protocol.part:
        found["split_digest"] = value_digest(load_split(cohort, key.split).to_json())
    return found
