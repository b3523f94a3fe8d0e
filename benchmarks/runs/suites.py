"""Suites: models, protocols, seeds and recipes that belong together, small enough to prove the whole chain on a CPU.

A suite's phantom cohorts mirror the two papers': regions and points on every frame of short clips at 2 frames a second
(SurgBlood), and an onset with a point a second after it at 30 (BleedOrigin). Figures on them say that the chain works,
and nothing of surgery.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from ...datasets.cohort import Cohort, holds_cohort
from ...datasets.digest import value_digest
from ...datasets.phantom.cohort_writer import PHANTOM_VERSION
from ...datasets.phantom.generate import PhantomSettings, generate_phantom
from ...datasets.split import save_split, split_names
from ...datasets.split_build import build_split
from ..evaluation.whose_truth import PEOPLE
from ..training.recipe import Recipe
from .human_run import HUMAN
from .matrix import jobs_of
from .one_run import Registries
from .run_plan import RunJob

SPLIT: Final = "main"
PHANTOMS: Final = ".phantom"  # below the folder of runs; a name that reading runs passes over
_RATIO: Final = (2, 0, 1)


@dataclass(frozen=True)
class Part:
    """Some protocols on one cohort. models: by protocol, in the order of tables."""

    phantom: PhantomSettings
    models: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Suite:
    """seeds: runs of each model that learns. recipes: by model, of those that learn; all in size `tiny`, from random
    weights, with flow `dis`.
    """

    name: str
    title: str
    parts: Sequence[Part]
    seeds: int
    recipes: Mapping[str, Recipe] = field(default_factory=dict)


def suite_jobs(
    suite: Suite,
    cohorts: Sequence[Path],
    split: str = SPLIT,
    *,
    allow_leak: bool = False,
    truth: str = PEOPLE,
    registries: Registries | None = None,
) -> list[RunJob]:
    """The suite's runs. cohorts: one for each of its parts. truth: of a consensus there are no runs of people."""
    found = []
    for part, cohort in zip(suite.parts, cohorts, strict=True):
        for protocol, models in part.models.items():
            base = RunJob(
                protocol, "", 0, cohort, split, size="tiny", init="random", allow_leak=allow_leak, truth=truth
            )
            able = [model for model in models if truth == PEOPLE or model != HUMAN]
            jobs = jobs_of(base, able, suite.seeds, [0], registries)
            found += [replace(job, recipe=suite.recipes.get(job.model)) for job in jobs]
    return found


def phantom_cohorts(suite: Suite, out: Path, *, workers: int | None = None) -> list[Path]:
    """The suite's cohorts below the folder of runs, each with a split by patient; made where they are not there yet."""
    return [phantom_cohort(part.phantom, out / PHANTOMS, workers=workers) for part in suite.parts]


def phantom_cohort(settings: PhantomSettings, folder: Path, *, workers: int | None = None) -> Path:
    """A phantom cohort of these settings, with the split SPLIT; made once, then taken as it is."""
    place = folder / f"{settings.preset}-{value_digest([PHANTOM_VERSION, asdict(settings)])[:8]}"
    made = Cohort(place) if holds_cohort(place) else generate_phantom(place, settings, workers=workers)
    if SPLIT not in split_names(made):
        save_split(made, build_split(made, name=SPLIT, ratio=_RATIO))
    return place


_TRACKERS: Final = ("hold_still", "lucas_kanade", "anchored_lucas_kanade", "dense_flow")

_SMOKE: Final = Suite(
    "smoke",
    "all first models, tiny, on two phantom cohorts; minutes on two cores",
    (
        Part(
            PhantomSettings("surgblood", patients=24, clips=30, scale=0.15),
            {"region-point": ("red_centroid", "colour_region", "unet", "sam2", "bloodet", "human")},
        ),
        Part(
            PhantomSettings("bleedorigin", patients=24, clips=24, scale=0.12),
            {
                "onset": ("colour_onset", "onset", "human"),
                "source": ("red_centroid", "colour_region", "source", "human"),
                "track": (*_TRACKERS, "human"),
                "deploy": ("classical_chain",),
            },
        ),
    ),
    seeds=2,
    recipes={
        "unet": Recipe(steps=200),
        "sam2": Recipe(steps=200),
        "bloodet": Recipe(steps=150),
        "onset": Recipe(steps=100, warm_up=0.0, decay=False),
        "source": Recipe(steps=150, warm_up=0.0, decay=False),
    },
)

_CI: Final = Suite(
    "ci",
    "a model of each kind on one small phantom cohort, for tests; about a minute",
    (
        Part(
            PhantomSettings("demo", patients=6, clips=6, scale=0.2),
            {
                "region-point": ("red_centroid", "unet"),
                "onset": ("colour_onset",),
                "source": ("red_centroid",),
                "track": ("hold_still", "lucas_kanade"),
            },
        ),
    ),
    seeds=2,
    recipes={"unet": Recipe(steps=8, warm_up=0.0)},
)

SUITES: Final[Mapping[str, Suite]] = {suite.name: suite for suite in (_SMOKE, _CI)}
