"""One digest for one truth: whatever a model said, in whatever order rows and columns lie."""

import hashlib
import struct

import numpy as np
import pyarrow as pa
import pytest

from bleedkit.benchmarks.evaluation.truth_digest import truth_digest
from bleedkit.benchmarks.predictions.mask_code import encode_mask
from bleedkit.benchmarks.predictions.schemas import SCHEMAS

CLIP = {"patient_id": "p", "site": "", "scenarios": [], "fps": 2.0, "width": 64, "height": 48, "n_frames": 10}
MASK = encode_mask(np.eye(48, 64, dtype=bool))
ROWS = [
    {"clip_id": "a", "frame": 0, "true_x": 1.5, "true_y": 2.0, "true_visible": True, "true_mask": MASK},
    {"clip_id": "a", "frame": 1, "true_x": None, "true_y": None, "true_visible": False, "true_mask": None},
    {"clip_id": "b", "frame": 0, "true_x": None, "true_y": None, "true_visible": None, "true_mask": MASK},
]


def table(rows):
    return pa.Table.from_pylist([{**CLIP, **row} for row in rows], schema=SCHEMAS["region-point"])


def test_the_order_and_the_answers_do_not_matter():
    plain = truth_digest(table(ROWS))
    assert truth_digest(table(ROWS[::-1])) == plain
    assert truth_digest(table([{**row, "x": 9.0, "confidence": 0.1, "mask": MASK} for row in ROWS])) == plain
    assert truth_digest(table(ROWS).select(SCHEMAS["region-point"].names[::-1])) == plain
    chunked = pa.concat_tables([table(ROWS[:1]), table(ROWS[1:])])
    assert truth_digest(chunked) == plain
    assert truth_digest(chunked.slice(0, 2)) == truth_digest(table(ROWS[:2]))


@pytest.mark.parametrize(
    "changes",
    [
        {"true_x": 1.5000002},
        {"true_visible": False},
        {"true_visible": None},
        {"true_mask": None},
        {"true_mask": encode_mask(np.zeros((48, 64), bool))},
        {"frame": 2},
        {"clip_id": "c"},
        {"true_x": None},
    ],
)
def test_any_change_of_the_truth_does(changes):
    assert truth_digest(table([{**ROWS[0], **changes}, *ROWS[1:]])) != truth_digest(table(ROWS))


def test_a_row_more_or_less_does():
    assert len({truth_digest(table(ROWS[:n])) for n in range(4)}) == 4


def test_null_and_nan_are_one():
    assert truth_digest(table([{**ROWS[1], "true_x": float("nan")}])) == truth_digest(table([ROWS[1]]))


def test_ids_do_not_run_into_each_other():
    def named(first, second):
        return truth_digest(table([{**ROWS[0], "clip_id": first}, {**ROWS[0], "clip_id": second}]))

    assert named("a", "bc") != named("ab", "c")
    assert named("1:a", "") != named("", "1:a1:")


@pytest.mark.parametrize("task", sorted(SCHEMAS))
def test_every_task_has_one(task):
    assert len(truth_digest(SCHEMAS[task].empty_table())) == 64


def test_it_is_the_digest_of_these_bytes():
    """A change of the form would make every older run look as if it had another truth."""
    columns = {
        b"clip_id": b"1:a",
        b"frame": struct.pack("<d", 0),
        b"true_mask": b"-",
        b"true_visible": struct.pack("<d", 1),
        b"true_x": struct.pack("<d", 1.5),
        b"true_y": struct.pack("<d", 2),
    }
    whole = b"truth-1" + b"".join(b"\0" + name + b"\0" + b"1" + b"\0" + value for name, value in columns.items())
    row = {**ROWS[0], "true_mask": None}
    assert truth_digest(table([row])) == hashlib.sha256(whole).hexdigest()
