"""The typed model refuses what it cannot mean."""

import math

import numpy as np
import pytest

from bleedkit.datasets.checks import check_array
from bleedkit.datasets.digest import file_digest, value_digest
from bleedkit.datasets.problems import Problems
from bleedkit.datasets.schema import Clip, ImageSize, LabelState, MaskLabel, OnsetLabel, PointLabel


@pytest.mark.parametrize(
    ("x", "y", "held"),
    [(0, 0, True), (63.999, 47.5, True), (64, 0, False), (0, 48, False), (-0.001, 0, False), (math.nan, 0, False)],
)
def test_an_image_is_half_open(x, y, held):
    assert ImageSize(64, 48).holds(x, y) is held


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ImageSize(0, 5), "at least 1x1"),
        (lambda: Clip("", "p", "p", 30, ImageSize(1, 1), 1), "needs a clip_id"),
        (lambda: Clip("c", "p", "p", math.nan, ImageSize(1, 1), 1), "fps must be above 0"),
        (lambda: Clip("c", "p", "p", math.inf, ImageSize(1, 1), 1), "fps must be above 0"),
        (lambda: Clip("c", "p", "p", 30, ImageSize(1, 1), 0), "n_frames must be at least 1"),
        (lambda: PointLabel(clip_id="c", frame=0), "needs finite x and y"),
        (lambda: PointLabel(clip_id="c", frame=-1, x=0, y=0), "frame must be 0 or more"),
        (lambda: PointLabel(clip_id="c", frame=0, x=0, y=0, confidence=1.01), "confidence must be in"),
        (lambda: PointLabel(clip_id="c", frame=0, x=0, y=0, state=LabelState.PSEUDO), "must name its provenance"),
        (lambda: MaskLabel(clip_id="c", frame=-1, path="a", digest="d", area=0), "frame must be 0 or more"),
        (lambda: MaskLabel(clip_id="c", frame=0, path="a", digest="d", area=-1), "area must be 0 or more"),
        (lambda: OnsetLabel(clip_id="c", frame=-2), "onset frame must be -1"),
    ],
)
def test_impossible_values_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_label_id_is_the_rows_content():
    one = PointLabel(clip_id="c", frame=0, x=0.1, y=0.2)
    assert one.label_id == PointLabel(clip_id="c", frame=0, x=0.1, y=0.2).label_id
    assert one.label_id != PointLabel(clip_id="c", frame=0, x=0.1 + 2**-55, y=0.2).label_id
    assert one.label_id != PointLabel(clip_id="c", frame=0, x=0.1, y=0.2, annotator="kim").label_id
    assert OnsetLabel(clip_id="c", frame=0).label_id != one.label_id


def test_digests_are_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert file_digest(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert value_digest({"a": 1, "b": 2}) == value_digest({"b": 2, "a": 1})


def test_check_array_names_what_is_wrong():
    check_array("xy", np.zeros((3, 2), np.float32), ("T", 2), np.float32)
    for array, message in [
        ([[1, 2]], "must be a numpy array, got list"),
        (np.zeros((3, 3), np.float32), r"must have shape \(T, 2\), got \(3, 3\)"),
        (np.zeros((3, 2)), "must be float32, got float64"),
    ]:
        with pytest.raises(ValueError, match=message):
            check_array("xy", array, ("T", 2), np.float32)


def test_a_problem_reads_as_file_frame_what_and_remedy():
    problems = Problems()
    problems.error("mask-size", "a/b.png", "mask is 2x2, its frame 4x4", "export it again", frame=7)
    problems.warning("gap", "a", "frames 3-5 are missing", "none needed")
    assert str(problems.errors[0]) == "error: a/b.png frame 7: mask is 2x2, its frame 4x4; export it again"
    assert [p.code for p in problems] == ["mask-size", "gap"]
    assert '"frame": 7' in problems.to_json()
