"""Known populations of patients, to find out how often intervals hold the truth and tests cry wolf."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.special import expit

from ..metrics.auroc import Auroc
from ..metrics.calibration import Calibration
from ..metrics.draws import Groups
from ..metrics.summary import Median, Ratio, Summary
from .bootstrap import draws
from .resampled import Better, Resampled

RESAMPLES: Final = 1_000
PER_DESIGN: Final = 25  # samples that share clips and draws; only what is in the clips is new
TRUTH_PATIENTS: Final = 60_000


@dataclass(frozen=True, eq=False)
class Rows:
    """What models meet: ease (M, N) of each row to each of M models, area (N,) of the true region in pixels."""

    ease: np.ndarray
    area: np.ndarray


Measured = Callable[[np.random.Generator, Rows, np.ndarray], Summary]
"""The metric of one model's rows, from their ease to it, (N,)."""


@dataclass(frozen=True)
class Design:
    """Clips per patient: one and a multinomial of `more` a patient, with log-normal weights of sd `uneven`.

    frames: in a clip, from and below.
    """

    more: float = 3
    uneven: float = 0.6
    frames: tuple[int, int] = (5, 30)

    def groups(self, rng: np.random.Generator, n_patients: int) -> Groups:
        """Clips and frames of n patients."""
        weight = rng.lognormal(0, self.uneven, n_patients)
        clips = 1 + rng.multinomial(int(self.more * n_patients), weight / weight.sum())
        patient = np.repeat(np.arange(n_patients), clips)
        frames = rng.integers(*self.frames, len(patient))
        return Groups(np.repeat(np.arange(len(patient)), frames), patient)


@dataclass(frozen=True)
class Population:
    """what: is measured, in words; better: which way."""

    what: str
    measured: Measured
    design: Design = Design()
    better: Better = "higher"

    def sample(self, rng: np.random.Generator, groups: Groups, n_models: int = 1) -> list[Summary]:
        """Models that are equally good in the population, on the same rows."""
        rows = _rows(rng, groups, n_models)
        return [self.measured(rng, rows, ease) for ease in rows.ease]

    @cached_property
    def truth(self) -> float:
        """The figure of very many patients."""
        rng = np.random.default_rng(0)
        groups = self.design.groups(rng, TRUTH_PATIENTS)
        return self.sample(rng, groups)[0].score(groups).value


def samples(
    population: Population, n_patients: int, repetitions: int, n_models: int = 1, seed: int = 0
) -> Iterator[list[Resampled]]:
    """The models' figures in one sample of the population after the other."""
    rng = np.random.default_rng([seed, n_patients])
    for i in range(repetitions):
        if i % PER_DESIGN == 0:
            groups = population.design.groups(rng, n_patients)
            shared = draws(groups, RESAMPLES, seed=int(rng.integers(2**32)))
        yield [Resampled.of(summary, groups, shared) for summary in population.sample(rng, groups, n_models)]


def _rows(rng: np.random.Generator, groups: Groups, n_models: int) -> Rows:
    """Ease of patient, clip and frame: partly the same to all models, partly a model's own; sd 1.0, 0.64, 0.5."""
    common = _effects(rng, groups, (0.8, 0.5, 0.3))
    own = [_effects(rng, groups, (0.6, 0.4, 0.4)) for _ in range(n_models)]
    area = np.exp(7 + _effects(rng, groups, (0.6, 0.4, 0.5)) + 0.3 * common)
    return Rows(common + np.stack(own), area)


def _effects(rng: np.random.Generator, groups: Groups, sd: tuple[float, float, float]) -> np.ndarray:
    """Normal effects of each row's patient, clip and frame, summed, (N,)."""
    patient, clip, frame = sd
    of_clip = rng.normal(0, patient, groups.n_patients)[groups.patient] + rng.normal(0, clip, len(groups.patient))
    effects: np.ndarray = of_clip[groups.clip] + rng.normal(0, frame, len(groups.clip))
    return effects


def _share(logit: float, slope: float = 1.0) -> Measured:
    """A share of rows that are right, the easier the oftener."""
    return lambda rng, _rows, ease: Ratio(_happens(rng, logit + slope * ease), np.ones(len(ease)))


def _pooled_iou(_rng: np.random.Generator, rows: Rows, ease: np.ndarray) -> Summary:
    return Ratio(expit(1 + ease) * rows.area, rows.area)


def _patient_mean(rng: np.random.Generator, _rows: Rows, ease: np.ndarray) -> Summary:
    return Ratio(_happens(rng, 0.4 + ease), np.ones(len(ease)), "patient")


def _mean_error(rng: np.random.Generator, _rows: Rows, ease: np.ndarray) -> Summary:
    return Ratio(_errors(rng, ease), np.ones(len(ease)))


def _median_error(rng: np.random.Generator, _rows: Rows, ease: np.ndarray) -> Summary:
    return Median(_errors(rng, ease))


def _auroc(rng: np.random.Generator, rows: Rows, ease: np.ndarray) -> Summary:
    return Auroc(*_presence(rng, rows, ease))


def _overconfident(rng: np.random.Generator, rows: Rows, ease: np.ndarray) -> Summary:
    return Calibration(*_presence(rng, rows, ease))


def _calibrated(rng: np.random.Generator, rows: Rows, ease: np.ndarray) -> Summary:
    logit = np.log(rows.area) - 7 + ease
    return Calibration(expit(logit), _happens(rng, logit) > 0)


def _happens(rng: np.random.Generator, logit: np.ndarray) -> np.ndarray:
    return (rng.random(len(logit)) < expit(logit)).astype(np.float64)


def _errors(rng: np.random.Generator, ease: np.ndarray) -> np.ndarray:
    """Pixels: log-normal, and in some 7 % of the frames a miss by 300."""
    return np.where(_happens(rng, -3 - ease) > 0, 300.0, np.exp(3 - 0.7 * ease))


def _presence(rng: np.random.Generator, rows: Rows, ease: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An overconfident model's confidence that a frame bleeds, and whether it does: in some patients far more often."""
    bleeds = rows.area > np.exp(7)
    return expit(2 * np.where(bleeds, 1 + ease, -1 - ease) + rng.normal(0, 1, len(ease))), bleeds


ONSETS: Final = Design(frames=(1, 2))
UNEVEN: Final = Design(more=7, uneven=1.2)
POPULATIONS: Final[Mapping[str, Population]] = {
    "iou": Population("IoU, pooled", _pooled_iou),
    "iou-uneven": Population("IoU, pooled, most clips of few patients", _pooled_iou, UNEVEN),
    "share": Population("share of frames", _share(0.4)),
    "patient-mean": Population("share of frames, mean over patients", _patient_mean),
    "mean-error": Population("mean error, with misses", _mean_error, better="lower"),
    "one-clip": Population("mean error, one clip a patient", _mean_error, Design(more=0), "lower"),
    "median-error": Population("median error", _median_error, better="lower"),
    "auroc": Population("AUROC", _auroc),
    "onset": Population("share of clips", _share(1.7), ONSETS),
    "onset-one": Population("share of clips, one clip a patient", _share(2.6), Design(more=0, frames=(1, 2))),
    "nearly-all": Population("share of frames, nearly all right", _share(4.2, 1.6)),
    "all-but-few": Population("share of frames, all but a few patients right", _share(6, 2)),
    "overconfident": Population("calibration error, overconfident", _overconfident, better="lower"),
    "calibrated": Population("calibration error, calibrated", _calibrated, better="lower"),
}
"""The protocols' metrics, under frames that are alike within clips and clips that are alike within patients."""
