"""What must hold of every metric of the protocols of regions and points."""

import numpy as np
import pyarrow as pa
import pytest
from bleedkit_test_layouts.prediction_tables import table
from bleedkit_test_layouts.region_tables import EMPTY, blob, point, rectangle, region

from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.protocols.hemoset_zero_shot import SPEC as HEMOSET
from bleedkit.benchmarks.protocols.region_point import SPEC

NAMES = [
    *("iou", "dice", "iou_frame", "dice_frame", "iou_patient", "dice_patient"),
    *("boundary_f", "hd95", "hd95_diagonal", "hd95_missed"),
    *("pck_2", "pck_5", "pck_10", "pck_frame_2", "pck_frame_5", "pck_frame_10"),
    *("presence_accuracy", "presence_precision", "presence_recall"),
    *("presence_auroc", "presence_ece", "presence_brier"),
]


def scores(frames):
    rows = SPEC.rows(frames)
    return {metric.name: score(metric, rows) for metric in SPEC.metrics}


def frame(rng, clip, number):
    """A frame as a fair model answers it; every fourth shows no bleeding."""
    bleeds = number % 4 != 3
    true = blob(rng) if bleeds else EMPTY
    place = rng.uniform(100, 900, 2) if bleeds else None
    guess = place + rng.normal(0, 120, 2) if bleeds else (5.0, 5.0)
    return {
        **region(true & ~rectangle(0, 0, 250, 512) if number % 3 else blob(rng), true),
        **point(guess, place, confidence=float(rng.uniform(0.2, 1) if bleeds else rng.uniform(0, 0.6))),
        **{"clip_id": f"c{clip}", "patient_id": f"p{clip // 2}", "frame": number},
    }


@pytest.fixture(scope="module")
def frames():
    rng = np.random.default_rng(12)
    return table("region-point", [frame(rng, clip, number) for clip in range(4) for number in range(8)])


@pytest.fixture(scope="module")
def truth(frames):
    """The same frames, answered with their truth."""
    there = frames["true_visible"].cast(pa.float32())
    answers = {"mask": "true_mask", "x": "true_x", "y": "true_y"}
    columns = {name: frames[answers.get(name, name)] for name in frames.column_names} | {"confidence": there}
    return pa.table(columns, frames.schema)


def test_names_are_stable():
    assert [metric.name for metric in SPEC.metrics] == NAMES
    assert [metric.name for metric in HEMOSET.metrics] == NAMES[:10]


def test_truth_scores_best(frames, truth):
    answered, right = scores(frames), scores(truth)
    for metric in SPEC.metrics:
        assert right[metric.name].value == (1.0 if metric.better == "higher" else 0.0), metric.name
        assert answered[metric.name].value != right[metric.name].value, metric.name


def test_order_does_not_matter(frames):
    turned = scores(frames.take(pa.array(np.random.default_rng(1).permutation(len(frames)))))
    for name, found in scores(frames).items():
        assert turned[name].value == pytest.approx(found.value), name
        assert turned[name].n == found.n


def test_one_frame_is_enough(frames):
    found = scores(frames.slice(0, 1))
    assert {name for name, one in found.items() if np.isnan(one.value)} == {"presence_auroc"}


def test_no_frame_is_no_score(frames):
    assert {str(found) for found in scores(frames.slice(0, 0)).values()} == {"Score(value=nan, n=0)"}


def test_silence_on_a_frame_never_helps(frames):
    """A model's answers to some frames taken away, one kind at a time: no figure of theirs gets better."""
    silent = pa.array(np.arange(len(frames)) % 5 == 0)
    before = scores(frames)
    for columns in (("mask",), ("x", "y"), ("confidence",)):
        left = frames
        for name in columns:
            kept = pa.array(np.where(silent, None, frames[name].to_pylist()), frames.schema.field(name).type)
            left = left.set_column(left.column_names.index(name), name, kept)
        after = scores(left)
        for metric in SPEC.metrics:
            if metric.name.startswith("hd95") and metric.name != "hd95_missed":
                continue  # read beside hd95_missed
            worse = before[metric.name].value - after[metric.name].value
            assert (worse if metric.better == "higher" else -worse) >= -1e-12, metric.name
            if metric.name not in ("presence_precision",):
                assert after[metric.name].n >= before[metric.name].n, metric.name


def test_every_text_says_something():
    for spec in (SPEC, HEMOSET):
        assert all(len(text) > 60 for text in (spec.input, spec.split_rule, spec.truth_rule))
