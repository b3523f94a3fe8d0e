"""How near predicted onsets are, in frames of the clip (BleedOrigin 5.1, Tables 3 and 5).

A clip that bleeds and was answered with none is wrong at every tolerance and counted in `missed`; it has no error, so
errors are of the onsets found and their n says how many those are. Read an error only beside `missed`.
"""

from functools import partial
from typing import Final

import numpy as np

from ..predictions.onset_rows import OnsetRows
from .calibration import Calibration
from .metric import Metric
from .summary import Median, Ratio

TOLERANCES: Final = (0, 1, 2, 4, 8, 16)
"""Frames: those of Table 3, and the 16 of Table 5."""


def accuracy(rows: OnsetRows, tolerance: int) -> Ratio:
    """Share of bleeding clips whose onset is at most `tolerance` frames off; higher is better. BleedOrigin Eq. 9.

    A missed onset counts as wrong. Of clips that never bleed nothing is said here: see false_alarms.
    """
    bleeds = ~np.isnan(rows.true_onset)
    return _share(np.abs(_off(rows)) <= tolerance, bleeds)


def mean_absolute_error(rows: OnsetRows) -> Ratio:
    """Mean frames between found and true onset, of either sign; lower is better. BleedOrigin Eq. 10, as it is meant."""
    return _mean(np.abs(_off(rows)))


def mean_signed_error(rows: OnsetRows) -> Ratio:
    """Mean of found minus true onset, frames; late is positive, best is 0. n: onsets found in clips that bleed.

    BleedOrigin Eq. 10 has no absolute value, so to the letter it is this, with the other sign (true minus found): a
    model that is early as often as late would score 0.
    """
    return _mean(_off(rows))


def median_absolute_error(rows: OnsetRows) -> Median:
    """Median frames between found and true onset, of either sign; lower is better."""
    return Median(np.abs(_off(rows)))


def missed(rows: OnsetRows) -> Ratio:
    """Share of bleeding clips answered with none; lower is better."""
    return _share(np.isnan(rows.onset), ~np.isnan(rows.true_onset))


def false_alarms(rows: OnsetRows) -> Ratio:
    """Share of clips that never bleed answered with an onset; lower is better. All clips bleed: n = 0."""
    return _share(~np.isnan(rows.onset), np.isnan(rows.true_onset))


def calibration_error(rows: OnsetRows) -> Calibration:
    """Expected calibration error of the confidence that the clip bleeds; lower is better. See Calibration.

    A clip without a confidence does not count: one that is shorter than the model's window has none to judge.
    """
    return Calibration(rows.confidence, ~np.isnan(rows.true_onset))


def _off(rows: OnsetRows) -> np.ndarray:
    """Found minus true onset, (N,) frames; NaN where there is no pair."""
    return rows.onset - rows.true_onset


def _share(right: np.ndarray, of: np.ndarray) -> Ratio:
    return Ratio((right & of).astype(np.float64), of.astype(np.float64))


def _mean(values: np.ndarray) -> Ratio:
    there = ~np.isnan(values)
    return Ratio(np.where(there, values, 0.0), there.astype(np.float64))


METRICS: Final = (
    *(
        Metric(
            f"acc_{tolerance}",
            f"±{tolerance} %",
            "%",
            "higher",
            partial(accuracy, tolerance=tolerance),
            f"Share of bleeding clips whose onset is at most {tolerance} frames off; a missed one is wrong. "
            "BleedOrigin Eq. 9.",
            band="acc",
            at=tolerance,
        )
        for tolerance in TOLERANCES
    ),
    Metric(
        "mean_abs_error",
        "Mean |error|",
        "frames",
        "lower",
        mean_absolute_error,
        "Mean frames between found and true onset, where one was found. BleedOrigin Eq. 10, with the absolute value "
        "that it lacks.",
    ),
    Metric(
        "median_abs_error",
        "Median |error|",
        "frames",
        "lower",
        median_absolute_error,
        "Median frames between found and true onset, where one was found.",
    ),
    Metric(
        "mean_signed_error",
        "Mean signed error",
        "frames",
        "zero",
        mean_signed_error,
        "Mean of found minus true onset, late positive, where one was found. BleedOrigin Eq. 10 to the letter, but for "
        "its sign.",
    ),
    Metric("missed", "Missed %", "%", "lower", missed, "Share of bleeding clips in which no onset was found."),
    Metric(
        "false_alarms",
        "False alarms %",
        "%",
        "lower",
        false_alarms,
        "Share of clips that never bleed in which an onset was found.",
    ),
    Metric(
        "ece",
        "ECE %",
        "%",
        "lower",
        calibration_error,
        "Expected calibration error of the confidence that the clip bleeds, 15 bins of equal width.",
    ),
)
