"""YOLO: regions without holes come back to the pixel, points to the digit, and what is lost is counted."""

import numpy as np
import pytest
from bleedkit_test_layouts.labelled import SIZE, mask_label, rings, said, write_cohort
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_fill_holes

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.exchange.exchange import export_cohort, import_labels
from bleedkit.datasets.exchange.selection import Selection
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import PointLabel
from bleedkit.datasets.split import Split


@settings(max_examples=10)
@given(mask=st.sampled_from([rings(), ~rings()]) | arrays(np.bool_, (SIZE.height, SIZE.width)))
def test_a_region_comes_back_with_its_holes_filled_and_told(tmp_path_factory, mask):
    folder = tmp_path_factory.mktemp("yolo")
    cohort, fresh = write_cohort(folder / "c", [mask_label(mask, clip_id="a", frame=1)]), write_cohort(folder / "f")
    result = export_cohort(cohort, "yolo", folder / "out")
    whole = binary_fill_holes(mask)  # background is joined by edges, as parts are by corners
    assert [str(loss) for loss in result.losses] == ["1 x region whose holes are filled"] * int((whole != mask).any())
    assert not import_labels(fresh, "yolo", folder / "out", annotator="kim").problems
    (label,) = fresh.masks()
    np.testing.assert_array_equal(read_mask_png(fresh.mask_path(label)), whole)


def test_points_come_back_and_unknown_positions_are_counted(tmp_path):
    points = [
        PointLabel(clip_id="a", frame=0, x=3.3, y=17.9, target="one"),
        PointLabel(clip_id="a", frame=0, x=1 / 3, y=2, target="two", visible=False),
    ]
    lost = PointLabel(clip_id="a", frame=1, visible=False, target="one")
    beside = PointLabel(clip_id="a", frame=0, x=-0.5, y=2, visible=False, target="three")
    cohort = write_cohort(tmp_path / "c", [(row, b"") for row in (*points, lost, beside)])
    result = export_cohort(cohort, "yolo", tmp_path / "out")
    assert [str(loss) for loss in result.losses] == [
        "2 x point that is not visible, with no position in the picture known"
    ]
    fresh = write_cohort(tmp_path / "f")
    import_labels(fresh, "yolo", tmp_path / "out", annotator="kim")
    expected = write_cohort(tmp_path / "e", [(row, b"") for row in points])
    assert said(fresh, ["annotator"]) == said(expected, ["annotator"])


def test_the_folders_are_what_ultralytics_looks_for(tmp_path):
    rows = [
        mask_label(rings(), clip_id="a", frame=0),
        (PointLabel(clip_id="a", frame=0, x=12, y=9), b""),
        (PointLabel(clip_id="op1/b", frame=2, x=6, y=9), b""),
    ]
    cohort = write_cohort(tmp_path / "c", rows)
    split = Split("main", "ratio", cohort.digest, ({"p0": "train", "p1": "val"},))
    export_cohort(cohort, "yolo", tmp_path / "out", Selection(split=split))
    files = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert files == [
        "pose/data.yaml",
        "pose/images/train/a_000000.png",
        "pose/images/val/op1__b_000002.png",
        "pose/labels/train/a_000000.txt",
        "pose/labels/val/op1__b_000002.txt",
        "seg/data.yaml",
        "seg/images/train/a_000000.png",
        "seg/labels/train/a_000000.txt",
    ]
    words = (tmp_path / "out/pose/labels/val/op1__b_000002.txt").read_text().split()
    # 6/24 and 9/18; the box is 5 % of 24 pixels, so 1.2/24 and 1.2/18
    assert [float(word) for word in words] == pytest.approx([0, 0.25, 0.5, 0.05, 1.2 / 18, 0.25, 0.5, 2])
    assert len((tmp_path / "out/seg/labels/train/a_000000.txt").read_text().splitlines()) == 4  # parts
    assert (tmp_path / "out/pose/data.yaml").read_text() == (
        'train: "images/train"\nval: "images/val"\nkpt_shape: [1, 3]\nflip_idx: [0]\nnames:\n  0: "source"\n'
    )


def test_labels_from_elsewhere(tmp_path):
    cohort = write_cohort(tmp_path / "c")
    labels = tmp_path / "data" / "labels" / "train"
    labels.mkdir(parents=True)
    (tmp_path / "data" / "data.yaml").write_text("names: [region]\n")
    lines = [
        "0 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.3",
        "0 0.5 0.5 0.2 0.2",
        "3 0.1 0.1 0.3 0.1 0.3 0.3",
        "0 0.1 0.1 0.3 0.1 0.3",
        "0 nan 0.1 0.3 0.1 0.3 0.3",
        "0 9e9 0.1 0.3 0.1 0.3 0.3",
        "text",
    ]
    (labels / "a_000001.txt").write_text("\n".join(lines))
    (labels / "a_000002.txt").write_text("")
    (labels / "other.txt").write_text("0 0.1 0.1 0.3 0.1 0.3 0.3")
    result = import_labels(cohort, "yolo", tmp_path / "data", annotator="kim")
    # Corners at 2.4, 7.2 of 24 and 1.8, 5.4 of 18 cut to columns 2 to 7 and rows 1 to 5, both inside: 6 x 5 pixels.
    assert [(label.frame, label.area) for label in cohort.masks()] == [(1, 30), (2, 0)]
    assert [str(loss) for loss in result.losses] == ["1 x box"]
    assert len(result.problems.errors) == 6
    with pytest.raises(BleedkitError, match=r"no data\.yaml"):
        import_labels(cohort, "yolo", tmp_path, annotator="kim")
    (tmp_path / "data" / "data.yaml").write_text("names: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(BleedkitError, match="names no classes"):
        import_labels(cohort, "yolo", tmp_path / "data", annotator="kim")
