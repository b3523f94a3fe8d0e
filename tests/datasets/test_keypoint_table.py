"""The keypoints table: replaced clip by clip, streamed, the same bytes however it came about."""

import dataclasses
import math

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bleedkit.datasets import keypoint_table
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.keypoint_table import KeypointWriter
from bleedkit.datasets.schema import Clip, Frame, ImageSize, Keypoint, Provenance
from bleedkit.datasets.tables import SCHEMAS, rows_of, table_of
from bleedkit.datasets.transaction import locked, transaction

CLIPS = ("a", "b", "c")
RUN = Provenance.of("pseudolabel", {})


def keypoint(clip_id: str, frame: int, number: int = 1, x: float = 1.0) -> Keypoint:
    return Keypoint(clip_id, frame, "source", number, x, 2.0, True, 1.0, 2.0, 0.5, 0.9, RUN.id)


@pytest.fixture
def cohort(tmp_path) -> Cohort:
    """Three clips of five frames without images."""
    tables = {
        "clips": table_of("clips", [Clip(c, "p", "p", 30, ImageSize(64, 48), 5) for c in CLIPS]),
        "frames": table_of("frames", [Frame(c, f, "", f / 30, "", False) for c in CLIPS for f in range(5)]),
    }
    with locked(tmp_path), transaction(tmp_path) as staging:
        write_tables(staging, CohortMeta("toy", "toy", "1", "", "", "1", "0", "."), tables)
    return Cohort(tmp_path)


def put(cohort: Cohort, rows: dict[str, list[Keypoint]]) -> None:
    with cohort.change() as change:
        change.append(provenance=[RUN])
        for clip_id, keypoints in rows.items():
            change.replace_keypoints(clip_id, table_of("keypoints", keypoints))


def test_a_row_survives_and_an_older_cohort_has_none(cohort):
    row = keypoint("b", 3)
    assert rows_of("keypoints", table_of("keypoints", [row])) == [row]
    assert cohort.keypoints("b") == []
    assert not (cohort.folder / "keypoints.parquet").exists()


def test_a_clips_keypoints_are_replaced_as_a_whole_and_other_clips_keep_theirs(cohort):
    put(cohort, {"a": [keypoint("a", 2), keypoint("a", 1)], "c": [keypoint("c", 1)]})
    put(cohort, {"b": [keypoint("b", 4)], "c": [keypoint("c", 3, x=9.0)]})
    assert [k.frame for k in cohort.keypoints("a")] == [1, 2], "in frame order"
    assert cohort.keypoints("b") == [keypoint("b", 4)]
    assert cohort.keypoints("c") == [keypoint("c", 3, x=9.0)]
    assert cohort.meta.counts["keypoints"] == cohort.table("keypoints").num_rows == 4


def test_a_clip_can_lose_all_of_them(cohort):
    put(cohort, {"a": [keypoint("a", 2)]})
    put(cohort, {"a": []})
    assert cohort.keypoints("a") == []
    assert cohort.meta.counts["keypoints"] == 0
    put(cohort, {"a": []})
    assert cohort.table("keypoints").schema == SCHEMAS["keypoints"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (keypoint("a", 5), "keypoints: clip 'a' frame 5 is not in"),
        (dataclasses.replace(keypoint("a", 1), provenance="beef"), "names unknown provenance beef"),
    ],
)
def test_rows_that_point_nowhere_are_refused_and_nothing_is_written(cohort, row, message):
    put(cohort, {"a": [keypoint("a", 2)]})
    with pytest.raises(BleedkitError, match=message):
        put(cohort, {"a": [keypoint("a", 1), row]})
    assert cohort.keypoints("a") == [keypoint("a", 2)]


def test_clips_out_of_order_are_a_slip_and_change_nothing(cohort):
    with pytest.raises(ValueError, match="clip 'a'"):
        put(cohort, {"b": [keypoint("b", 1)], "a": [keypoint("a", 1)]})
    assert cohort.table("keypoints").num_rows == 0
    assert "keypoints" not in cohort.meta.counts


@settings(max_examples=40)
@given(
    st.lists(st.dictionaries(st.sampled_from(CLIPS), st.lists(st.integers(0, 4), max_size=4)), max_size=4),
    st.integers(1, 4),
)
def test_any_order_of_runs_ends_with_the_same_bytes_as_one(tmp_path_factory, runs, enough):
    folder = tmp_path_factory.mktemp("t")
    last: dict[str, list[int]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keypoint_table, "_ENOUGH", enough)
        for at, run in enumerate(runs):
            _write(folder / f"{at}", folder / f"{at + 1}", run)
            last |= run
        _write(folder / "none", folder / "once", last)
    final, once = folder / f"{len(runs)}", folder / "once"
    if once.exists():
        assert final.read_bytes() == once.read_bytes()
    else:  # no clip has any, so that at most an emptied table is left
        assert not final.exists() or not pq.read_table(final).num_rows


def _write(old, new, run: dict[str, list[int]]) -> None:
    writer = KeypointWriter(CLIPS, old, new)
    for clip_id, frames in sorted(run.items()):
        writer.replace(clip_id, table_of("keypoints", [keypoint(clip_id, f) for f in frames]))
    writer.close()


def test_an_unknown_covariance_is_null_on_disk_and_nan_in_python(cohort):
    put(cohort, {"a": [dataclasses.replace(keypoint("a", 1), cov_xy=math.nan)]})
    assert math.isnan(cohort.keypoints("a")[0].cov_xy)
    assert cohort.table("keypoints")["cov_xy"].null_count == 1
