"""Scores worked by hand, coverage of simulated honest answers, and intervals over patients rather than frames."""

import dataclasses
import math

import numpy as np
import pytest

from bleedkit.pseudolabel.accuracy import ENGINE, ScoredFrames
from bleedkit.pseudolabel.evaluation_scores import (
    LEVELS,
    by_gap,
    by_reason,
    by_scenario,
    calibration,
    mean_interval,
    score,
    score_group,
    without_repeats,
)


def frames(distance, *, clip=None, kept=None, width=1240, gap=30, squared=None, **ways) -> ScoredFrames:
    distance = np.array(distance, float)
    n = len(distance)
    every = {ENGINE: distance, **{name: np.array(values, float) for name, values in ways.items()}}
    own = np.full(n, np.nan) if squared is None else np.array(squared, float)
    return ScoredFrames(
        clip=np.array(clip or ["c"] * n),
        target=np.full(n, "source"),
        frame=np.arange(n, dtype=np.int32),
        gap=np.broadcast_to(np.array(gap, np.int32), n).copy(),
        position=np.full(n, 0.5),
        width=np.broadcast_to(np.array(width, np.int32), n).copy(),
        reference=np.zeros((n, 2)),
        xy=np.zeros((n, 2)),
        covariance=np.tile(np.eye(2), (n, 1, 1)),
        kept=np.ones(n, bool) if kept is None else np.array(kept, bool),
        reason=np.full(n, ""),
        distance=every,
        squared={name: own if name == ENGINE else np.full(n, np.nan) for name in every},
    )


def test_a_score_by_hand():
    found = score(np.array([3.0, 5.0, 10.0, 50.0, np.nan]), np.array(["a"] * 5))
    assert found.n == 4
    assert found.mean == (3 + 5 + 10 + 50) / 4
    assert found.median == 7.5
    assert found.rms == pytest.approx(math.sqrt((9 + 25 + 100 + 2500) / 4))
    assert found.within == (2 / 4, 3 / 4, 3 / 4, 1.0)  # at most 5, 10, 25, 50: the limit itself is within
    assert math.isnan(found.low), "one patient has no interval"


def test_nothing_scored_is_nan_with_n_0():
    found = score(np.array([np.nan]), np.array(["a"]))
    assert found.n == 0
    assert all(math.isnan(v) for v in (found.mean, found.median, found.rms, *found.within))
    assert calibration(np.array([np.nan])).n == 0
    assert all(math.isnan(v) for v in calibration(np.array([])).coverage)


def test_reference_pixels_and_the_engines_ratio():
    group = score_group(frames([1, 2], raw=[2, 10], width=[620, 1240], kept=[False, True]), {"c": "p"})
    assert group.ways[ENGINE]["all"].px.mean == 1.5
    assert group.ways[ENGINE]["all"].reference.mean == 2.0  # 1 px of 620 is 2 of 1240
    assert group.ways["raw"]["all"].ratio == pytest.approx((2 + 2) / (4 + 10))
    assert group.ways["raw"]["kept"].ratio == 2 / 10
    assert (group.frames, group.kept, group.clips, group.patients) == (2, 1, 1, 1)


def test_a_ratio_is_over_the_frames_both_answer():
    group = score_group(frames([1, 100, np.nan], raw=[2, np.nan, 3]), {"c": "p"})
    assert group.ways["raw"]["all"].ratio == 1 / 2


def test_coverage_of_honest_answers_is_what_they_state():
    rng = np.random.default_rng(1)
    shape = np.array([[3.0, 1.0], [1.0, 2.0]])
    off = rng.multivariate_normal([0, 0], shape, 40_000)
    squared = np.einsum("ti,ij,tj->t", off, np.linalg.inv(shape), off)
    honest, bold = calibration(squared), calibration(squared / 0.25)
    for level, share in zip(LEVELS, honest.coverage, strict=True):
        assert share == pytest.approx(level, abs=0.01)  # sd of a share of 40,000 is at most 0.0025
    assert honest.nees == pytest.approx(2, abs=0.05)
    # Half the spread claimed: the ellipse of level p holds 1 - (1 - p)^(1/4).
    assert bold.coverage[1] == pytest.approx(1 - 0.1**0.25, abs=0.01)
    assert bold.nees == pytest.approx(8, abs=0.2)


def test_the_interval_is_over_patients_not_frames():
    owner = np.repeat(list("abcdef"), 100)
    same = mean_interval(np.full(600, 3.0), owner)
    assert same == (3.0, 3.0)
    per_patient = np.repeat([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 100)
    low, high = mean_interval(per_patient, owner)
    # The mean of 6 draws from 0..5 has a standard deviation of sqrt(35/12 / 6) = 0.70; 600 frames would say 0.07.
    assert low == pytest.approx(2.5 - 1.96 * 0.70, abs=0.25)
    assert high == pytest.approx(2.5 + 1.96 * 0.70, abs=0.25)
    assert mean_interval(per_patient, owner) == (low, high)
    assert math.isnan(mean_interval(per_patient[:400], owner[:400])[0]), "four patients say nothing"


def test_scenarios_with_others_and_alone():
    scored = frames([1, 2, 3, 4], clip=["a", "b", "c", "c"])
    tags = {"a": ("water flushing",), "b": ("water flushing", "camera jitter"), "c": ()}
    masks = by_scenario(scored, tags)
    assert {name: mask.tolist() for name, mask in masks.items()} == {
        "camera jitter": [False, True, False, False],
        "water flushing": [True, True, False, False],
        "water flushing, alone": [True, False, False, False],
    }
    patients = dict.fromkeys("abc", "p")
    groups = {name: score_group(scored.where(mask), patients) for name, mask in masks.items()}
    assert groups["water flushing"].ways[ENGINE]["all"].px.mean == 1.5
    assert groups["water flushing, alone"].ways[ENGINE]["all"].px.mean == 1
    assert list(without_repeats(groups)) == list(masks), "they differ, so both are shown"
    only_a = scored.where(np.array([True, False, False, False]))
    repeated = {name: score_group(only_a.where(m), patients) for name, m in by_scenario(only_a, tags).items()}
    assert list(repeated) == ["water flushing", "water flushing, alone"]
    assert list(without_repeats(repeated)) == ["water flushing"]


def test_reasons_are_joined_without_their_numbers():
    scored = frames([1, 20, 3, 40], kept=[True, False, False, False])
    why = np.array(["", "uncertain by 9.5 px", "gone", "uncertain by 12 px"])
    masks = by_reason(dataclasses.replace(scored, reason=why))
    assert {name: np.flatnonzero(mask).tolist() for name, mask in masks.items()} == {
        "uncertain by N px": [1, 3],
        "gone": [2],
    }


def test_gaps_are_counted_from_label_to_label():
    masks = by_gap(frames([0] * 5, gap=[15, 16, 30, 31, 500]))
    assert {name: np.flatnonzero(mask).tolist() for name, mask in masks.items()} == {
        "1 to 15": [0],
        "16 to 30": [1, 2],
        "31 to 60": [3],
        "over 120": [4],
    }
