"""nnU-Net's raw dataset: label maps hold every pixel, cases and folds fit together, foreign maps are checked."""

import json

import cv2
import numpy as np
import pytest
from bleedkit_test_layouts.labelled import SIZE, mask_label, rings, write_cohort
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.exchange.exchange import export_cohort, import_labels
from bleedkit.datasets.exchange.selection import Selection
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.nnunet_split import nnunet_splits
from bleedkit.datasets.schema import LabelState, PointLabel
from bleedkit.datasets.split import Split


@settings(max_examples=10)
@given(mask=st.sampled_from([rings(), ~rings()]) | arrays(np.bool_, (SIZE.height, SIZE.width)))
def test_a_region_comes_back_to_the_pixel(tmp_path_factory, mask):
    folder = tmp_path_factory.mktemp("nnunet")
    cohort = write_cohort(folder / "c", [mask_label(mask, clip_id="op1/b", frame=3, target="blood")])
    fresh = write_cohort(folder / "fresh")
    result = export_cohort(cohort, "nnunet", folder / "Dataset001_toy")
    assert (result.counts["cases"], result.losses) == (1, ())
    import_labels(fresh, "nnunet", folder / "Dataset001_toy", annotator="kim")
    (label,) = fresh.masks()
    assert (label.clip_id, label.frame, label.target, label.annotator) == ("op1/b", 3, "blood", "kim")
    np.testing.assert_array_equal(read_mask_png(fresh.mask_path(label)), mask)


def test_overlap_points_and_second_labels_are_counted(tmp_path):
    one, other = np.zeros((2, SIZE.height, SIZE.width), bool)
    one[2:6, 2:6] = True
    other[4:8, 4:8] = True
    rows = [
        mask_label(one, clip_id="a", frame=0, target="first"),
        mask_label(other, clip_id="a", frame=0, target="second"),
        mask_label(other, clip_id="a", frame=0, target="second", annotator="lee"),
        (PointLabel(clip_id="a", frame=0, x=1, y=1), b""),
    ]
    out = tmp_path / "Dataset001_toy"
    result = export_cohort(write_cohort(tmp_path / "c", rows), "nnunet", out)
    assert [str(loss) for loss in result.losses] == [
        "1 x further label of a target in a frame (other annotators, less trusted states)",
        "1 x point",
        "1 x region of which another target's covers a part",
    ]
    pixels = cv2.imread(str(out / "labelsTr" / "a_000000.png"), cv2.IMREAD_UNCHANGED)
    assert (pixels == 1).sum() == 16 - 4  # the second's upper left 2x2 pixels lie on the first
    assert (pixels == 2).sum() == 16
    assert (out / "imagesTr" / "a_000000_0000.png").is_file()
    dataset = json.loads((out / "dataset.json").read_text())
    assert dataset["labels"] == {"background": 0, "first": 1, "second": 2}
    assert dataset["numTraining"] == 1


@pytest.mark.parametrize("parts", [{"p0": "train", "p1": "val"}, {"p0": "train", "p1": "test"}])
def test_folds_are_those_of_split_build(tmp_path, parts):
    rows = [mask_label(rings(), clip_id=clip, frame=frame) for clip in ("a", "op1/b") for frame in (0, 2)]
    cohort = write_cohort(tmp_path / "c", rows)
    split = Split("main", "ratio", cohort.digest, (parts,))
    export_cohort(cohort, "nnunet", tmp_path / "out", Selection(split=split))
    folds = json.loads((tmp_path / "out" / "splits_final.json").read_text())
    assert folds == json.loads(nnunet_splits(cohort, split))
    assert folds == [{"train": ["a_000000", "a_000002"], "val": ["op1__b_000000", "op1__b_000002"]}]


def test_patients_of_the_test_part_are_kept_out_of_training(tmp_path):
    rows = [mask_label(rings(), clip_id=clip, frame=0) for clip in ("a", "op1/b")]
    cohort = write_cohort(tmp_path / "c", rows)
    split = Split("main", "ratio", cohort.digest, ({"p0": "test", "p1": "train", "p9": "val"},))
    result = export_cohort(cohort, "nnunet", tmp_path / "out", Selection(split=split))
    assert result.counts == {"cases": 2, "training": 1, "test": 1}
    assert (tmp_path / "out" / "labelsTs" / "a_000000.png").is_file()
    assert json.loads((tmp_path / "out" / "splits_final.json").read_text()) == [{"train": ["op1__b_000000"], "val": []}]


def test_predictions_are_model_labels_and_bad_maps_are_refused(tmp_path):
    cohort = write_cohort(tmp_path / "c")
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "region": 1}}))
    maps = tmp_path / "predictions"
    maps.mkdir()
    good = np.zeros((SIZE.height, SIZE.width), np.uint8)
    good[3:5, 3:5] = 1
    for name, pixels in {"a_000001": good, "a_000002": good[:9], "a_000003": good * 7, "z_000001": good}.items():
        cv2.imwrite(str(maps / f"{name}.png"), pixels)
    cv2.imwrite(str(maps / "a_000099.png"), good)
    result = import_labels(cohort, "nnunet", maps, annotator="nnunet-3d", state=LabelState.MODEL)
    (label,) = cohort.masks()
    assert (label.state, label.annotator, label.area, label.frame) == (LabelState.MODEL, "nnunet-3d", 4, 1)
    reasons = " ".join(problem.what for problem in result.problems)
    for reason in ("must be 24x18", "holds value 7", "no <clip>_<frame>", "no frame 99"):
        assert reason in reasons
    (tmp_path / "elsewhere" / "maps").mkdir(parents=True)
    with pytest.raises(BleedkitError, match=r"no dataset\.json"):
        import_labels(cohort, "nnunet", tmp_path / "elsewhere" / "maps", annotator="kim")
