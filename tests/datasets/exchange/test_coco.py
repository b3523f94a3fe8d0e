"""COCO: everything comes back, pycocotools reads it, and files from elsewhere are read or refused with the reason."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from bleedkit_test_layouts.labelled import SIZE, any_labels, mask_label, rings, said, write_cohort
from hypothesis import HealthCheck, given, settings
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.exchange.exchange import export_cohort, import_labels
from bleedkit.datasets.exchange.selection import Selection
from bleedkit.datasets.schema import LabelState, OnsetLabel, PointLabel, Review
from bleedkit.datasets.split import Split


@pytest.fixture
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("coco")


def export(cohort, out, **choice):
    export_cohort(cohort, "coco", out, Selection.of(cohort, **choice))
    return json.loads((out / "labels.json").read_text())


def bring(cohort, document, tmp_path, **options):
    path = tmp_path / "foreign.json"
    path.write_text(json.dumps(document))
    return import_labels(cohort, "coco", path, annotator="kim", **options)


def foreign(notes, **category):
    """One image of clip a, frame 2, known by its file name alone."""
    image = {"id": "x", "file_name": "a/000002.png", "width": SIZE.width, "height": SIZE.height}
    category = {"id": 7, "name": "source", **category}
    return {"images": [image], "categories": [category], "annotations": [{"image_id": "x", "category_id": 7, **notes}]}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labels=any_labels())
def test_every_label_comes_back_as_it_was(tmp_path_factory, labels):
    folder = tmp_path_factory.mktemp("coco")
    cohort, fresh = write_cohort(folder / "cohort", labels), write_cohort(folder / "fresh")
    export(cohort, folder / "out")
    result = import_labels(fresh, "coco", folder / "out" / "labels.json", annotator="nobody")
    assert not result.problems
    assert said(fresh) == said(cohort)
    again = import_labels(fresh, "coco", folder / "out" / "labels.json", annotator="nobody")
    assert again.counts == {"new": 0, "corrected": 0, "unchanged": len(labels)}
    assert import_labels(cohort, "coco", folder / "out", annotator="kim").counts["unchanged"] == len(labels)


def test_pycocotools_sees_our_masks_points_and_boxes(folder):
    point = PointLabel(clip_id="a", frame=0, x=3.5, y=7.25)
    hidden = PointLabel(clip_id="a", frame=1, visible=False)
    occluded = PointLabel(clip_id="a", frame=2, x=2.0, y=2.0, visible=False)
    cohort = write_cohort(
        folder / "c", [(point, b""), (hidden, b""), (occluded, b""), mask_label(rings(), clip_id="a", frame=0)]
    )
    export(cohort, folder / "out")
    coco = COCO(folder / "out" / "labels.json")
    notes = {(coco.imgs[n["image_id"]]["frame_id"], bool(n["keypoints"])): n for n in coco.anns.values()}
    region = notes[0, False]
    np.testing.assert_array_equal(coco.annToMask(region), rings())
    assert (region["bbox"], region["area"]) == ([1, 1, 23, 17], rings().sum())  # x 1..24, y 1..18
    # The pixel that holds (3.5, 7.25) is (3, 7): its index in COCO's sense is (3.0, 6.75).
    assert notes[0, True]["keypoints"] == [3.0, 6.75, 2]
    assert notes[1, True]["keypoints"] == [0, 0, 0]
    assert notes[2, True]["keypoints"] == [1.5, 1.5, 1]
    assert [c["name"] for c in coco.loadCats(coco.getCatIds(supNms=["point"]))] == ["source"]
    assert len(coco.imgs) == 8


def test_a_moved_point_is_a_correction_of_its_row(folder, tmp_path):
    point = PointLabel(clip_id="a", frame=0, x=3, y=7, annotator="lee", var_x=4, var_y=4, cov_xy=0, confidence=0.5)
    cohort = write_cohort(folder / "c", [(point, b""), mask_label(rings(), clip_id="a", frame=0)])
    document = export(cohort, folder / "out")
    for note in document["annotations"]:
        if note["keypoints"]:
            note["keypoints"] = [9.5, 8.5, 2]
    result = bring(cohort, document, tmp_path)
    assert result.counts == {"new": 0, "corrected": 1, "unchanged": 1}
    (row,) = cohort.points()
    assert (row.x, row.y, row.annotator, row.review) == (10, 9, "kim", Review.CORRECTED)
    assert row.supersedes == point.label_id
    assert math.isnan(row.var_x) and math.isnan(row.confidence)
    assert len(cohort.points(history=True)) == 2
    assert bring(cohort, document, tmp_path).counts == {"new": 0, "corrected": 0, "unchanged": 2}
    for note in document["annotations"]:
        if note["keypoints"]:
            note["keypoints"] = [11.5, 8.5, 2]
    assert bring(cohort, document, tmp_path).counts["corrected"] == 1  # worked on further after the first import
    (latest,) = cohort.points()
    assert (latest.x, latest.supersedes) == (12, row.label_id)


def test_a_correction_of_a_row_that_was_replaced_meanwhile_is_refused(folder, tmp_path):
    point = PointLabel(clip_id="a", frame=0, x=3, y=7)
    cohort = write_cohort(folder / "c", [(point, b"")])
    document = export(cohort, folder / "out")
    cohort.append(points=[PointLabel(clip_id="a", frame=0, x=1, y=1, supersedes=point.label_id)])
    document["annotations"][0]["keypoints"] = [5, 5, 2]
    result = bring(cohort, document, tmp_path)
    assert "changed in the cohort since" in result.problems.found[0].what
    assert [row.x for row in cohort.points()] == [1]


def test_polygons_of_several_parts_are_one_region(folder, tmp_path):
    cohort = write_cohort(folder / "c")
    shape = [[2, 2, 6, 2, 6, 5, 2, 5], [10, 4, 12, 4, 12, 9, 10, 9]]
    result = bring(cohort, foreign({"segmentation": shape}), tmp_path, state=LabelState.MODEL)
    assert result.counts["new"] == 1
    (label,) = cohort.masks()
    expected = np.zeros((SIZE.height, SIZE.width), bool)
    expected[2:5, 2:6] = expected[4:9, 10:12] = True
    assert label.area == 4 * 3 + 2 * 5 == expected.sum()
    assert (label.state, label.annotator, label.frame) == (LabelState.MODEL, "kim", 2)


def test_keypoints_of_a_skeleton_become_targets_and_unlabelled_ones_are_counted(folder, tmp_path):
    cohort = write_cohort(folder / "c")
    result = bring(
        cohort,
        foreign({"keypoints": [1, 2, 2, 0, 0, 0, 3, 4, 1]}, name="tool", keypoints=["tip", "mid", "end"]),
        tmp_path,
    )
    assert {(row.target, row.x, row.y, row.visible) for row in cohort.points()} == {
        ("tool/tip", 1.5, 2.5, True),
        ("tool/end", 3.5, 4.5, False),
    }
    assert [str(loss) for loss in result.losses] == ["1 x keypoint that nobody labelled (flag 0)"]


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ({"segmentation": {"size": [10**9, 10**9], "counts": "x"}}, "mask must be [18, 24]"),
        ({"segmentation": {"size": [18, 24], "counts": [5, 10**12]}}, "whole numbers within"),
        ({"segmentation": {"size": [18, 24], "counts": [5, 9]}}, "add up to 14 pixels"),
        ({"segmentation": {"size": [18, 24], "counts": "~~~~~~~~~~~~~~~~~"}}, "broken"),
        ({"segmentation": {"size": [18, 24], "counts": "oooooooooooooooo"}}, "broken"),
        ({"segmentation": [[1, 2, 3]]}, "three corners"),
        ({"segmentation": [[1, 2, 1e12, 3, 4, 5]]}, "far outside"),
        ({"segmentation": [[1, 2, math.nan, 3, 4, 5]]}, "far outside"),
        ({"keypoints": [math.nan, 1, 2]}, "two numbers and a flag"),
        ({"keypoints": [99, 1, 2]}, "inside 24x18"),
        ({"keypoints": [1, 1]}, "threes"),
        ({"keypoints": "abc"}, "could not convert"),
        ({"keypoints": [1, 1, 2], "bleedkit": {"state": "god"}}, "god"),
        ({"keypoints": [1, 1, 2], "bleedkit": [1]}, "must be an object"),
        ({"keypoints": [1, 1, 2], "bleedkit": {"confidence": 7}}, "confidence must be in"),
    ],
)
def test_a_bad_annotation_is_refused_with_the_reason(folder, tmp_path, note, reason):
    cohort = write_cohort(folder / "c")
    document = foreign(note)
    document["annotations"].append({"image_id": "x", "category_id": 7, "keypoints": [1, 1, 2]})
    result = bring(cohort, document, tmp_path)
    assert reason in result.problems.found[0].what
    assert result.counts["new"] == 1


@pytest.mark.parametrize("text", ["[1]", '{"images": 3}', "not json", '{"a": 1}'])
def test_what_is_no_coco_file_changes_nothing(folder, tmp_path, text):
    cohort = write_cohort(folder / "c")
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BleedkitError):
        import_labels(cohort, "coco", tmp_path / "x.json", annotator="kim")


def test_onsets_and_what_was_not_asked_for(folder):
    rows = [
        (OnsetLabel(clip_id="a", frame=2), b""),
        (PointLabel(clip_id="a", frame=1, x=1, y=1, review=Review.REJECTED), b""),
        (PointLabel(clip_id="op1/b", frame=1, x=1, y=1), b""),
    ]
    cohort = write_cohort(folder / "c", rows)
    result = export_cohort(cohort, "coco", folder / "out", Selection.of(cohort, clips="a", states="human"))
    assert result.counts == {"frames": 4, "onsets": 1}
    assert [str(loss) for loss in result.losses] == ["1 x label that a reviewer rejected"]
    with pytest.raises(BleedkitError, match="not an empty folder"):
        export_cohort(cohort, "coco", folder / "out")


def test_a_file_for_every_part_of_a_split_with_its_pictures(folder):
    cohort = write_cohort(folder / "c", [(PointLabel(clip_id="op1/b", frame=1, x=1, y=1), b"")])
    split = Split("main", "ratio", cohort.digest, ({"p0": "train", "p1": "test"},))
    export_cohort(cohort, "coco", folder / "out", Selection(split=split, images=True))
    train, test = (json.loads((folder / "out" / f"labels_{part}.json").read_text()) for part in ("train", "test"))
    assert {image["bleedkit"]["patient_id"] for image in train["images"]} == {"p0"}
    assert len(test["annotations"]) == 1
    names = [image["file_name"] for image in test["images"]]
    assert names[1] == "images/op1__b_000001.png"
    assert all((folder / "out" / name).is_file() for name in names)
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "images",
        "labels_test.json",
        "labels_train.json",
    ]


def test_a_foreign_file_that_was_worked_on_further_brings_only_what_is_new(folder, tmp_path):
    cohort = write_cohort(folder / "c")
    document = foreign({"keypoints": [1, 1, 2]})
    notes = document["annotations"]
    notes.append({**notes[0], "keypoints": [0, 0, 0], "bleedkit": {"visible": False}, "category_id": 8})
    document["categories"].append({"id": 8, "name": "hidden"})
    assert bring(cohort, document, tmp_path).counts == {"new": 2, "corrected": 0, "unchanged": 0}
    notes.append({"image_id": "x", "category_id": 7, "segmentation": [[2, 2, 6, 2, 6, 5, 2, 5]]})
    assert bring(cohort, document, tmp_path).counts == {"new": 1, "corrected": 0, "unchanged": 2}
    first = min(cohort.points(), key=lambda row: row.target == "hidden")
    cohort.append(points=[replace(first, x=9.0, supersedes=first.label_id)])  # corrected by somebody in a review
    document["categories"].append({"id": 9, "name": "other"})
    notes.append({"image_id": "x", "category_id": 9, "keypoints": [1, 1, 2]})
    assert bring(cohort, document, tmp_path).counts == {"new": 1, "corrected": 0, "unchanged": 3}
    assert sorted((row.target, row.visible) for row in cohort.points()) == [
        ("hidden", False),
        ("other", True),
        ("source", True),
    ]
    (tmp_path / "lee.json").write_text(json.dumps(document))
    assert import_labels(cohort, "coco", tmp_path / "lee.json", annotator="lee").counts["new"] == 4  # says it too


def test_instances_without_ids_are_one_region_and_a_second_point_is_told(folder, tmp_path):
    cohort = write_cohort(folder / "c")
    document = foreign({"segmentation": [[2, 2, 6, 2, 6, 5, 2, 5]]})
    for more in ({"segmentation": [[4, 2, 8, 2, 8, 5, 4, 5]]}, {"keypoints": [1, 1, 2]}, {"keypoints": [5, 5, 2]}):
        document["annotations"].append({"image_id": "x", "category_id": 7, **more})
    result = bring(cohort, document, tmp_path)
    assert [label.area for label in cohort.masks()] == [6 * 3]  # columns 2 to 7 of rows 2 to 4
    assert [problem.code for problem in result.problems] == ["second-point"]
    assert len(cohort.points()) == 2


def test_pycocotools_scores_the_truth_itself_with_one(folder, tmp_path):
    labels = [
        mask_label(rings(), clip_id="a", frame=0),
        mask_label(np.zeros_like(rings()), clip_id="a", frame=1),  # looked, and no bleeding
        (PointLabel(clip_id="a", frame=0, x=3.5, y=7.25), b""),
        (PointLabel(clip_id="a", frame=2, x=2, y=9, visible=False), b""),
        (PointLabel(clip_id="a", frame=3, visible=False), b""),
    ]
    export(write_cohort(folder / "c", labels), folder / "out")
    truth = COCO(folder / "out" / "labels.json")
    assert average_precision(truth, "segm", "region") == pytest.approx(1)
    assert average_precision(truth, "keypoints", "point") == pytest.approx(1)
    # A point's box is 5 % of 24 pixels, 1.2 x 1.2, and pycocotools' OKS is exp(-d^2 / (2 sigma)^2 / area / 2):
    # 0.1 pixel off is exp(-0.01 / 0.04 / 1.44 / 2) = 0.917, above 9 of its 10 thresholds.
    assert average_precision(truth, "keypoints", "point", off=0.1) == pytest.approx(0.9)


def average_precision(truth, kind, supercategory, off=0.0):
    categories = truth.getCatIds(supNms=[supercategory])
    found = []
    for note in truth.loadAnns(truth.getAnnIds(catIds=categories)):
        said = {"image_id": note["image_id"], "category_id": note["category_id"], "score": 0.9}
        if kind == "segm" and note["area"]:
            found.append({**said, "segmentation": note["segmentation"]})
        if kind == "keypoints" and note["num_keypoints"]:
            x, y, flag = note["keypoints"]
            found.append({**said, "keypoints": [x + off, y, flag]})
    score = COCOeval(truth, truth.loadRes(found), kind)
    score.params.catIds, score.params.kpt_oks_sigmas = categories, np.array([0.1])
    score.evaluate()
    score.accumulate()
    score.summarize()
    return score.stats[0]


def test_the_files_of_a_split_number_their_categories_alike(folder):
    rows = [
        (PointLabel(clip_id="a", frame=1, x=1, y=1, target="source2"), b""),
        mask_label(rings(), clip_id="op1/b", frame=0),
        (PointLabel(clip_id="op1/b", frame=1, x=1, y=1), b""),
    ]
    cohort = write_cohort(folder / "c", rows)
    split = Split("main", "ratio", cohort.digest, ({"p0": "train", "p1": "test"},))
    export_cohort(cohort, "coco", folder / "out", Selection(split=split))
    train, test = (json.loads((folder / "out" / f"labels_{part}.json").read_text()) for part in ("train", "test"))
    assert train["categories"] == test["categories"]
    assert [(one["id"], one["name"]) for one in test["categories"]] == [(1, "region"), (2, "source"), (3, "source2")]
    assert [note["category_id"] for note in train["annotations"]] == [3]


def test_a_dataset_in_cocos_own_layout_is_read_below_annotations(folder):
    cohort = write_cohort(folder / "c", [mask_label(rings(), clip_id="a", frame=0)])
    export(cohort, folder / "out")
    (folder / "layout" / "annotations").mkdir(parents=True)
    (folder / "out" / "labels.json").rename(folder / "layout" / "annotations" / "instances_train.json")
    assert import_labels(cohort, "coco", folder / "layout", annotator="kim").counts["unchanged"] == 1
