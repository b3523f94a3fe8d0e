"""What holds for every metric of every protocol: truth scores best, order says nothing, no rows are no figure."""

import math
from functools import cache

import numpy as np
import pytest
from bleedkit_test_layouts.prediction_tables import seen, table

from bleedkit.benchmarks.metrics.draws import Draws
from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.predictions.groups import score, summary_and_groups
from bleedkit.benchmarks.predictions.mask_code import encode_mask
from bleedkit.benchmarks.protocols.registry import PROTOCOLS

SIZE = (64, 48)
CLIPS = 6
FRAMES = 8
BEST = {"higher": 1.0, "lower": 0.0, "zero": 0.0}
OF_TRUTH_ALONE = {"stir_control"}  # how far sources move: the same for every model
EACH = [(name, metric) for name, spec in sorted(PROTOCOLS.items()) for metric in spec.by_name]
every_metric = pytest.mark.parametrize(("protocol", "metric"), EACH)


def clip(index):
    """Clips of two patients each, whose ids are not in the order of the clips."""
    return {"clip_id": f"c{index}", "patient_id": f"p{(index + 1) % 3}", "width": SIZE[0], "height": SIZE[1]}


def disc(centre, radius):
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    return encode_mask(np.hypot(x - centre[0], y - centre[1]) < radius)


def region_point(rng, right):
    """Every fourth frame does not bleed. Wrong: all is 5 px off, one frame said to bleed, one not answered."""
    for frame in range(FRAMES):
        true = tuple(map(float, rng.integers(15, 33, 2))) if frame % 4 else None
        off = true and (true[0] + 5, true[1])
        found = true if right else (off, None, (20, 20))[frame % 3]
        yield {
            **{name: value for name, value in seen(found, true, frame=frame).items() if name != "is_query"},
            "mask": disc(found, 8) if found else disc((0, 0), 0),
            "true_mask": disc(true, 8) if true else disc((0, 0), 0),
            "confidence": float(true is not None) if right else (0.6, 0.3)[frame % 2],
        }


def onset(rng, right, index):
    """The last two clips never bleed. Wrong: one is missed, one found where there is none, the others are off."""
    true = int(rng.integers(30, 90)) if index < CLIPS - 2 else None
    found = true if right else (None if index in (0, CLIPS - 1) else (true or 40) + 20 + 3 * index)
    yield {"onset": found, "true_onset": true, "confidence": float(true is not None) if right else 0.6}


def points(rng, right, *, query):
    """A source that moves on and hides in every fourth frame. Wrong: up to 16 px off, a frame without an answer."""
    place = rng.integers(10, 20, 2).astype(float)
    for frame in range(FRAMES):
        place = place + rng.integers(1, 4, 2)
        true = None if frame % 4 == 3 else tuple(place)
        given = query and frame == 0
        found = true if right or given else (None if frame == 2 else tuple(place + 2 * frame + 2))
        confidence = float(found is not None) if right else 0.6
        yield seen(found, true, frame=frame * 10, is_query=given, confidence=confidence)


def deploy(rng, right, index):
    """Wrong: one chain finds no onset, of the others half begin 18 frames late, half 5 early."""
    for row in points(rng, right, query=False):
        yield {**row, "true_onset": 20, "onset": 20 if right else (None if index == 0 else (15, 38)[index % 2])}


def of_clip(task, rng, right, index):
    if task == "region-point":
        return region_point(rng, right)
    if task == "onset":
        return onset(rng, right, index)
    return deploy(rng, right, index) if task == "deploy" else points(rng, right, query=task == "track")


@cache
def answers(protocol, right):
    task, rng = PROTOCOLS[protocol].task, np.random.default_rng(0)
    return table(task, [{**clip(index), **row} for index in range(CLIPS) for row in of_clip(task, rng, right, index)])


@cache
def rows(protocol, right):
    return PROTOCOLS[protocol].rows(answers(protocol, right))


@every_metric
def test_truth_scores_best_and_worse_answers_worse(protocol, metric):
    one = PROTOCOLS[protocol].by_name[metric]
    best, worse = (score(one, rows(protocol, right)) for right in (True, False))
    assert best.n > 0
    assert worse.n > 0
    if metric in OF_TRUTH_ALONE:
        assert best == worse
        return
    assert best.value == pytest.approx(BEST[one.better], abs=1e-12)
    assert abs(worse.value - BEST[one.better]) > 0.01
    assert one.unit != "%" or 0 <= worse.value <= 1


@every_metric
def test_the_order_of_rows_says_nothing(protocol, metric):
    one, given = PROTOCOLS[protocol].by_name[metric], answers(protocol, False)
    mixed = given.take(np.random.default_rng(1).permutation(len(given)))
    found, wanted = score(one, PROTOCOLS[protocol].rows(mixed)), score(one, rows(protocol, False))
    assert found.value == pytest.approx(wanted.value, rel=1e-12)
    assert found.n == wanted.n


@every_metric
def test_no_rows_are_no_figure(protocol, metric):
    one = PROTOCOLS[protocol].by_name[metric]
    found = score(one, PROTOCOLS[protocol].rows(answers(protocol, True).slice(0, 0)))
    assert (math.isnan(found.value), found.n) == (True, 0)


@every_metric
@pytest.mark.parametrize("row", [0, 1, FRAMES - 1])
def test_one_row_is_a_figure_of_one_or_of_nothing(protocol, metric, row):
    one, given = PROTOCOLS[protocol].by_name[metric], answers(protocol, False)
    found = score(one, PROTOCOLS[protocol].rows(given.slice(row % len(given), 1)))
    assert isinstance(found, Score)
    assert found.n <= 1
    assert math.isnan(found.value) == (found.n == 0)


@every_metric
def test_a_draw_of_every_clip_once_is_the_score(protocol, metric):
    one = PROTOCOLS[protocol].by_name[metric]
    summary, groups = summary_and_groups(one, rows(protocol, False))
    once = Draws(np.ones((2, groups.n_patients), np.float32), np.ones((2, len(groups.patient)), np.float32))
    np.testing.assert_allclose(summary.resampled(groups, once), score(one, rows(protocol, False)).value, rtol=1e-12)


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_a_band_is_one_quantity_at_rising_thresholds(protocol):
    spec = PROTOCOLS[protocol]
    for band in {metric.band for metric in spec.metrics if metric.band}:
        together = [metric for metric in spec.metrics if metric.band == band]
        assert len({(metric.unit, metric.better, metric.part) for metric in together}) == 1
        at = [metric.at for metric in together]
        assert at == sorted(set(at))
        values = [score(metric, rows(protocol, False)).value for metric in together]
        assert values == sorted(values)  # what is within a narrow limit is within a wide one


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_titles_tell_metrics_apart_and_definitions_are_sentences(protocol):
    metrics = PROTOCOLS[protocol].metrics
    assert len({metric.title for metric in metrics}) == len(metrics)
    assert all(metric.definition.endswith((".", ".)")) and metric.definition[0].isupper() for metric in metrics)
