"""Predictions that cannot be are named: wrong columns, doubled frames, numbers out of range."""

import pickle
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bleedkit.benchmarks.predictions.schemas import SCHEMAS
from bleedkit.benchmarks.runs.table_check import read_predictions, table_fault
from bleedkit.benchmarks.runs.write_run import in_order, parquet_bytes
from bleedkit.datasets.errors import BleedkitError

SCHEMA = SCHEMAS["track"]


def rows(**changes):
    """Two frames of one clip and one of another; `changes` go into the second row."""
    first = {
        "clip_id": "a", "patient_id": "p", "site": "", "scenarios": ["smoke"], "fps": 2.0, "width": 64, "height": 48,
        "n_frames": 9, "frame": 0, "x": 1.0, "y": 2.0, "visible": True, "confidence": None, "true_x": 1.0,
        "true_y": 2.0, "true_visible": True, "is_query": True,
    }  # fmt: skip
    second = {**first, "frame": 8, "is_query": False, **changes}
    return pa.Table.from_pylist([first, second, {**first, "clip_id": "b"}], schema=SCHEMA)


def test_what_an_evaluation_leaves_is_fine():
    assert table_fault(rows()) == ""
    assert table_fault(rows(x=None, y=None, visible=False, true_x=None, true_y=None, true_visible=False)) == ""
    assert table_fault(rows(x=-500.0)) == ""  # a tracker may run out of the picture
    assert table_fault(rows(true_x=None, true_y=None, true_visible=None)) == ""  # nobody looked


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"frame": 0}, "a frame twice"),
        ({"frame": 9}, "frame 9 of clip a, which has 9"),
        ({"frame": -1}, "frame -1 of clip a"),
        ({"frame": None}, "rows without frame"),
        ({"visible": None}, "rows without visible"),
        ({"x": np.nan}, "an?a x that is not finite|x that is not finite"),
        ({"true_y": np.inf}, "true_y that is not finite"),
        ({"x": None}, "an x without a y"),
        ({"true_x": None, "true_y": None}, "a visible true point without a place"),
        ({"confidence": 1.5}, "confidence outside 0 to 1"),
        ({"confidence": -0.1}, "confidence outside 0 to 1"),
        ({"patient_id": "q"}, "contradicts itself about a clip"),
        ({"scenarios": ["jitter"]}, "about a clip's scenarios"),
        ({"fps": 0.0}, "a clip whose fps is 0"),
        ({"width": 0}, "a clip whose width is 0"),
        ({"clip_id": ""}, "an empty clip_id"),
    ],
)
def test_what_cannot_be_is_named(change, told):
    assert re.search(told, table_fault(rows(**change)))


def test_an_onset_lies_in_its_clip():
    table = rows().select(SCHEMAS["onset"].names[:9])
    for onset, told in (([0, 8, None], ""), ([0, 9, None], "has an onset outside its clip")):
        answered = table.append_column("onset", pa.array(onset, pa.int32()))
        assert table_fault(answered) == told


def test_nothing_is_no_predictions():
    assert table_fault(SCHEMA.empty_table()) == "has no rows"


def test_files_of_other_columns_or_no_parquet_at_all(tmp_path):
    path = tmp_path / "predictions.parquet"
    table = rows()
    for wrong, told in (
        (table.drop_columns(["y"]), "lacks the column y"),
        (table.append_column("z", table["y"]), "a column z too many"),
        (table.set_column(9, "x", table["x"].cast(pa.float64())), "has x as double, wanted float"),
        (table.select(table.column_names[::-1]), "in another order"),
    ):
        pq.write_table(wrong, path)
        with pytest.raises(BleedkitError, match=told):
            read_predictions(path, SCHEMA)
    pq.write_table(table, path)
    assert read_predictions(path, SCHEMA).equals(table)
    whole = path.read_bytes()
    for wrong in (b"", b"PAR1", whole[:-30], whole[:40] + b"\xff" * 80 + whole[120:], pickle.dumps({"a": 1})):
        path.write_bytes(wrong)
        with pytest.raises(BleedkitError, match=r"cannot be read as Parquet|must|has"):
            read_predictions(path, SCHEMA)


def test_equal_rows_give_equal_bytes_in_whatever_order_they_came():
    table = rows()
    mixed = pa.concat_tables([table.slice(2, 1), table.slice(0, 2)])
    assert parquet_bytes(in_order(mixed)) == parquet_bytes(in_order(table))
