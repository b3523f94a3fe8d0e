"""TAP-Vid arrays: points, visibility and ids come back; pickles, bombs and wrong shapes are refused."""

import pickle

import numpy as np
import pytest
from bleedkit_test_layouts.labelled import FRAMES, any_labels, mask_label, rings, said, write_cohort
from hypothesis import given, settings

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.exchange.exchange import export_cohort, import_labels
from bleedkit.datasets.exchange.selection import Selection
from bleedkit.datasets.schema import PointLabel
from bleedkit.datasets.split import Split


@settings(max_examples=12)
@given(labels=any_labels())
def test_points_come_back_and_the_rest_is_counted(tmp_path_factory, labels):
    folder = tmp_path_factory.mktemp("tapvid")
    held = [pair for pair in labels if isinstance(pair[0], PointLabel)]
    cohort, fresh = write_cohort(folder / "cohort", labels), write_cohort(folder / "fresh")
    result = export_cohort(cohort, "tapvid", folder / "out")
    assert result.counts["points"] == len(held)
    assert sum(loss.count for loss in result.losses) == len(labels) - len(held)
    if held:
        assert not import_labels(fresh, "tapvid", folder / "out", annotator="nobody").problems
        assert import_labels(cohort, "tapvid", folder / "out", annotator="kim").counts["unchanged"] == len(held)
    assert said(fresh) == said(write_cohort(folder / "expected", held))


def test_arrays_are_what_tapvid_evaluates(tmp_path):
    rows = [
        (PointLabel(clip_id="a", frame=0, x=6, y=9), b""),
        (PointLabel(clip_id="a", frame=2, x=12, y=9, visible=False), b""),
        (PointLabel(clip_id="a", frame=3, visible=False), b""),
        mask_label(rings(), clip_id="op1/b", frame=0),
    ]
    cohort = write_cohort(tmp_path / "c", rows)
    split = Split("main", "ratio", cohort.digest, ({"p0": "train", "p1": "test"},))
    result = export_cohort(cohort, "tapvid", tmp_path / "out", Selection(split=split))
    assert [str(loss) for loss in result.losses] == ["1 x region"]
    assert [str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.npz")] == ["train/a.npz"]
    with np.load(tmp_path / "out" / "train" / "a.npz", allow_pickle=False) as arrays:
        # 6 of 24 columns, 9 of 18 rows; frame 1 has no label and so is occluded to TAP-Vid
        np.testing.assert_allclose(arrays["points"][0], [[0.25, 0.5], [0, 0], [0.5, 0.5], [0, 0]])
        np.testing.assert_array_equal(arrays["occluded"][0], [False, True, True, True])
        np.testing.assert_array_equal(arrays["labelled"][0], [True, False, True, True])
        np.testing.assert_array_equal(arrays["located"][0], [True, False, True, False])
        assert str(arrays["video_path"]) == "a/000000.png"


def test_a_file_of_tapvid_itself(tmp_path):
    cohort = write_cohort(tmp_path / "c")
    points = np.full((2, FRAMES, 2), 0.5, np.float32)
    occluded = np.zeros((2, FRAMES), bool)
    occluded[1, 2:] = True
    np.savez(tmp_path / "op1__b.npz", points=points, occluded=occluded)
    result = import_labels(cohort, "tapvid", tmp_path / "op1__b.npz", annotator="kim")
    assert result.counts["new"] == 8
    rows = cohort.points("op1/b")
    assert {(row.x, row.y) for row in rows if row.visible} == {(12, 9)}
    assert [(row.target, row.frame) for row in rows if not row.visible] == [("point1", 2), ("point1", 3)]
    assert all(np.isnan(row.x) for row in rows if not row.visible)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_pickles_are_refused_and_never_run(tmp_path):
    cohort, fuse = write_cohort(tmp_path / "c"), tmp_path / "went off"
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"a": Bomb(fuse)}))
    (tmp_path / "b.npz").write_bytes(pickle.dumps({"a": Bomb(fuse)}))
    array = np.empty(1, object)
    array[0] = Bomb(fuse)
    np.savez(tmp_path / "a.npz", points=array, occluded=array)
    for name, reason in (("a.pkl", "runs code"), ("b.npz", "runs code"), ("a.npz", "no npz of plain arrays")):
        with pytest.raises(BleedkitError, match=reason):
            import_labels(cohort, "tapvid", tmp_path / name, annotator="kim")
    assert not fuse.exists()


GOOD = {"points": np.full((1, FRAMES, 2), 0.5), "occluded": np.zeros((1, FRAMES), bool)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"points": np.full((1, 9, 2), 0.5)}, "points must be"),
        ({"occluded": np.zeros((1, 9), bool)}, "occluded must be"),
        ({"occluded": np.zeros((1, FRAMES))}, "occluded must be bools"),
        ({"labelled": np.full((1, FRAMES), "yes")}, "labelled must be bools"),
        ({"points": np.zeros((1, FRAMES, 2), int)}, "points must be floats"),
        ({"occluded": np.zeros(())}, "must be"),
        ({"clip_id": np.array("../x")}, "is no clip"),
        ({"size": np.array([1, 2])}, "size must be"),
        ({"target": np.array(["a", "b"])}, "target must be"),
    ],
)
def test_arrays_that_do_not_fit_the_clip_change_nothing(tmp_path, change, reason):
    cohort = write_cohort(tmp_path / "c")
    np.savez(tmp_path / "a.npz", **{**GOOD, **change})
    with pytest.raises(BleedkitError, match=reason):
        import_labels(cohort, "tapvid", tmp_path / "a.npz", annotator="kim")


def test_single_bad_positions_are_refused_and_the_rest_kept(tmp_path):
    cohort = write_cohort(tmp_path / "c")
    points = GOOD["points"].copy()
    points[0, 1] = [np.nan, 0.5]
    points[0, 2] = [1.5, 0.5]
    np.savez(tmp_path / "a.npz", **{**GOOD, "points": points})
    result = import_labels(cohort, "tapvid", tmp_path / "a.npz", annotator="kim")
    assert result.counts["new"] == 2
    assert [problem.file for problem in result.problems] == ["a.npz track 0 frame 1", "a.npz track 0 frame 2"]
