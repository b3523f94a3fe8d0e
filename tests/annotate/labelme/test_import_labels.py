"""Corrections in an export folder become just the rows they are, once, and never in place of another's."""

import json
import math

import numpy as np
import pytest
from bleedkit_test_layouts.labelme import mask_shape, shape
from bleedkit_test_layouts.labelme_work import add_mask, add_point, box_mask, edit, label_path, move, read, tables

from bleedkit.annotate.labelme.export_labels import export_labelme
from bleedkit.annotate.labelme.import_labels import import_labelme
from bleedkit.annotate.labelme.manifest import MANIFEST
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import LabelState, Review
from bleedkit.datasets.validate import validate_cohort


def bring(cohort, folder, annotator="kim"):
    """The lines of an import that meets no problem."""
    result = import_labelme(cohort, folder, annotator=annotator)
    assert not result.problems.found
    assert {problem.code for problem in validate_cohort(cohort).errors} == {"mask-area"}  # as the cohort was made
    return result.lines()


def points(cohort, frame, clip="clip0"):
    return [row for row in cohort.points(clip) if row.frame == frame]


def regions(cohort, frame):
    return [row for row in cohort.masks("clip0") if row.frame == frame]


def test_what_nobody_touched_brings_nothing(cohort, exported):
    before = tables(cohort)
    for path in exported.rglob("0*.json"):  # other bytes, same content
        path.write_text(json.dumps(json.loads(path.read_text()), indent=7))
    result = import_labelme(cohort, exported, annotator="kim")
    assert (result.frames, result.lines(), result.problems.found) == (8, [], [])
    assert tables(cohort) == before


def test_a_moved_point_replaces_the_pseudo_label(cohort, exported):
    (base,) = points(cohort, 1)
    move(exported, 1, 35.5, 28.25)  # by (3, 4) from (32.5, 24.25)
    assert bring(cohort, exported) == ["clip0 frame 1: point 'source' moved by 5.0 px"]
    (row,) = points(cohort, 1)
    assert (row.x, row.y, row.visible) == (35.5, 28.25, True)
    assert (row.state, row.review, row.annotator) == (LabelState.HUMAN, Review.CORRECTED, "kim")
    assert row.supersedes == base.label_id
    assert math.isnan(row.var_x)
    run = cohort.provenance()[row.provenance]
    assert (run.kind, json.loads(run.config_json)["annotator"]) == ("review", "kim")


def test_a_second_import_brings_nothing_and_a_third_what_changed_since(cohort, exported):
    move(exported, 1, 35, 28)
    edit(exported, 3, lambda values: values["shapes"].append(shape("source", [[9.0, 8.0]])))
    assert len(bring(cohort, exported)) == 2
    after = tables(cohort)
    assert bring(cohort, exported) == []
    assert tables(cohort) == after
    move(exported, 1, 36, 28)
    move(exported, 3, 9, 18)  # the point that was new has no id of its own
    assert bring(cohort, exported) == [
        "clip0 frame 1: point 'source' moved by 1.0 px",
        "clip0 frame 3: point 'source' moved by 10.0 px",
    ]
    assert [(row.x, row.y) for f in (1, 3) for row in points(cohort, f)] == [(36, 28), (9, 18)]


def test_back_where_it_was_is_a_change_too(cohort, exported):
    original = label_path(exported, 1).read_text()
    move(exported, 1, 35, 28)
    bring(cohort, exported)
    label_path(exported, 1).write_text(original)
    assert bring(cohort, exported) == ["clip0 frame 1: point 'source' moved by 4.5 px"]  # sqrt(2.5^2 + 3.75^2) = 4.507
    (row,) = points(cohort, 1)
    assert (row.x, row.y, row.state) == (32.5, 24.25, LabelState.HUMAN)


def test_a_deleted_shape_is_a_rejected_label_and_can_come_back(cohort, exported):
    original = label_path(exported, 0).read_text()
    edit(exported, 0, lambda values: values["shapes"].clear())
    assert bring(cohort, exported) == [
        "clip0 frame 0: region 'region' rejected",
        "clip0 frame 0: point 'source' rejected",
    ]
    assert [row.review for row in (*points(cohort, 0), *regions(cohort, 0))] == [Review.REJECTED] * 2
    assert bring(cohort, exported) == []
    label_path(exported, 0).write_text(original)
    assert len(bring(cohort, exported)) == 2
    assert [row.review for row in (*points(cohort, 0), *regions(cohort, 0))] == [Review.CORRECTED] * 2
    assert bring(cohort, exported) == []


def test_a_new_shape_that_was_deleted_and_drawn_again_comes_back(cohort, exported):
    empty = label_path(exported, 3).read_text()
    edit(exported, 3, lambda values: values["shapes"].append(shape("source", [[9.0, 8.0]])))
    drawn = label_path(exported, 3).read_text()
    for text, reviews in ((drawn, [Review.ACCEPTED]), (empty, [Review.REJECTED]), (drawn, [Review.CORRECTED])):
        label_path(exported, 3).write_text(text)
        assert len(bring(cohort, exported)) == 1
        assert bring(cohort, exported) == []
        assert [row.review for row in points(cohort, 3)] == reviews


def test_new_labels_are_a_persons(cohort, exported):
    drawn = [shape("source", [[9.0, 8.0]]), shape("tissue", [[3.0, 4.0]], group_id=2)]
    edit(exported, 3, lambda values: values["shapes"].extend(drawn))
    assert bring(cohort, exported) == [
        "clip0 frame 3: point 'source' added",
        "clip0 frame 3: point 'tissue:2' added",
    ]
    assert [(row.target, row.x, row.y, row.review, row.supersedes) for row in points(cohort, 3)] == [
        ("source", 9, 8, Review.ACCEPTED, ""),
        ("tissue:2", 3, 4, Review.ACCEPTED, ""),
    ]


def test_a_point_drawn_anew_corrects_the_deleted_one(cohort, exported):
    (base,) = points(cohort, 1)
    edit(exported, 1, lambda values: values.update(shapes=[shape("source", [[1.0, 2.0]])]))
    assert len(bring(cohort, exported)) == 1
    assert [row.supersedes for row in points(cohort, 1)] == [base.label_id]


def test_a_copied_shape_is_a_new_label_whatever_id_it_carries(cohort, exported):
    carried = read(exported, 1)["shapes"][0]
    edit(exported, 3, lambda values: values["shapes"].append(carried))  # pasted into another frame
    copy = {**carried, "label": "tissue", "points": [[1.0, 1.0]]}
    edit(exported, 1, lambda values: values["shapes"].append(copy))
    assert bring(cohort, exported) == [
        "clip0 frame 1: point 'tissue' added",
        "clip0 frame 3: point 'source' added",
    ]
    assert [row.state for row in points(cohort, 1)] == [LabelState.PSEUDO, LabelState.HUMAN]


def test_a_renamed_point(cohort, exported):
    edit(exported, 1, lambda values: values["shapes"][0].update(label="tissue"))
    assert bring(cohort, exported) == ["clip0 frame 1: point 'tissue' renamed from 'source'"]
    assert [row.target for row in points(cohort, 1)] == ["tissue"]


def test_tick_boxes_say_what_is_not_there(cohort, exported):
    hide = "source: not visible"
    edit(exported, 1, lambda values: (values["shapes"].clear(), values["flags"].update({hide: True})))
    edit(exported, 3, lambda values: values["flags"].update({hide: True, "region: none": True}))
    shown = shape("source", [[9.0, 8.0]])
    edit(exported, 2, lambda values: (values["shapes"].append(shown), values["flags"].update({hide: False})))
    assert bring(cohort, exported) == [
        "clip0 frame 1: point 'source' now not there",
        "clip0 frame 2: point 'source' now there",
        "clip0 frame 3: point 'source' looked for, and not there",
        "clip0 frame 3: region 'region' looked for, and not there",
    ]
    assert [(row.visible, bool(row.supersedes)) for f in (1, 2, 3) for row in points(cohort, f)] == [
        (False, True), (True, True), (False, False)]  # fmt: skip
    assert [row.area for row in regions(cohort, 3)] == [0]
    assert bring(cohort, exported) == []


def test_one_tick_box_stands_for_all_who_did_not_see_it(cohort, tmp_path):
    add_point(cohort, 2, math.nan, math.nan, visible=False, annotator="ann")
    export_labelme(cohort, tmp_path / "work")
    edit(tmp_path / "work", 2, lambda values: values["flags"].update({"everything else accepted": True}))
    assert bring(cohort, tmp_path / "work") == ["clip0 frame 2: point 'source' accepted"] * 2
    edit(tmp_path / "work", 2, lambda values: values["flags"].update({"source: not visible": False}))
    assert bring(cohort, tmp_path / "work") == ["clip0 frame 2: point 'source' rejected"] * 2


def test_an_unticked_box_alone_rejects_and_a_missing_one_says_nothing(cohort, exported):
    edit(exported, 2, lambda values: values["flags"].clear())
    assert bring(cohort, exported) == []
    edit(exported, 2, lambda values: values["flags"].update({"source: not visible": False}))
    assert bring(cohort, exported) == ["clip0 frame 2: point 'source' rejected"]


def test_one_tick_accepts_what_was_not_changed(cohort, exported):
    edit(exported, 1, lambda values: values["flags"].update({"everything else accepted": True}))
    assert bring(cohort, exported) == ["clip0 frame 1: point 'source' accepted"]
    (row,) = points(cohort, 1)
    assert (row.state, row.review, row.annotator, row.var_x) == (LabelState.PSEUDO, Review.ACCEPTED, "kim", 9)
    assert bring(cohort, exported) == []


def test_what_contradicts_itself_is_refused_and_the_rest_is_taken(cohort, exported):
    before = tables(cohort)
    edit(exported, 1, lambda values: values["flags"].update({"source: not visible": True}))
    twice = [shape("source", [[1.0, 1.0]]), shape("source", [[2.0, 2.0]])]
    outside = shape("tissue", [[64.0, 1.0]])  # columns are [0, 64)
    sliver = shape("region", [[1.1, 1.1], [1.2, 1.1], [1.2, 1.2]], "polygon")
    edit(exported, 3, lambda values: values["shapes"].extend([*twice, outside, sliver]))
    result = import_labelme(cohort, exported, annotator="kim")
    assert [problem.what for problem in result.problems.errors] == [
        "point 'source' is drawn, and ticked as not there",
        "2 points are named 'source'; give them other labels or group ids",
        "point 'tissue' at (64, 1) is outside 64x48",
        "region 'region' covers no pixel's centre",
    ]
    assert tables(cohort) == before


def test_half_a_renaming_rejects_nothing(cohort, exported):
    """The point is renamed to a name that is drawn twice: both names are left alone."""
    before = tables(cohort)
    edit(exported, 1, lambda values: values["shapes"][0].update(label="tissue"))
    edit(exported, 1, lambda values: values["shapes"].append(shape("tissue", [[1.0, 1.0]])))
    result = import_labelme(cohort, exported, annotator="kim")
    assert [problem.what for problem in result.problems.errors] == [
        "2 points are named 'tissue'; give them other labels or group ids"
    ]
    assert tables(cohort) == before


def test_a_redrawn_region_comes_back_to_the_pixel(cohort, exported):
    mask = box_mask(5, 6, 20, 30)
    mask[10:15, 8:12] = False  # a hole
    mask[40:44, 50:60] = True  # a second part
    y, x = 6, 5
    drawn = mask_shape("region", mask[y:44, x:60], x, y)
    edit(exported, 0, lambda values: values["shapes"].__setitem__(0, {**values["shapes"][0], **drawn}))
    changed = int(np.count_nonzero(mask != box_mask(12, 10, 30, 20)))
    assert bring(cohort, exported) == [f"clip0 frame 0: region 'region' redrawn, {changed} pixels changed"]
    (row,) = regions(cohort, 0)
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(row)), mask)
    assert (row.area, row.state, row.review) == (int(mask.sum()), LabelState.HUMAN, Review.CORRECTED)


def test_a_second_polygon_of_the_label_joins_the_region(cohort, exported):
    more = shape("region", [[40.0, 40.0], [44.0, 40.0], [44.0, 44.0], [40.0, 44.0]], "polygon")
    edit(exported, 0, lambda values: values["shapes"].append(more))
    assert bring(cohort, exported) == ["clip0 frame 0: region 'region' redrawn, 16 pixels changed"]
    (row,) = regions(cohort, 0)
    expected = box_mask(12, 10, 30, 20) | box_mask(40, 40, 44, 44)
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(row)), expected)


def test_two_annotators_of_one_region_stay_two(cohort, tmp_path):
    first = add_mask(cohort, box_mask(1, 1, 9, 9), annotator="lee")
    second = add_mask(cohort, box_mask(2, 2, 9, 9), annotator="ann")
    export_labelme(cohort, tmp_path / "work")
    assert bring(cohort, tmp_path / "work") == []
    keep = lambda values: values.update(  # noqa: E731
        shapes=[one for one in values["shapes"] if one["bleedkit"]["label_id"] != second.label_id]
    )
    edit(tmp_path / "work", 1, keep)
    assert bring(cohort, tmp_path / "work") == ["clip0 frame 1: region 'region' rejected"]
    current = {row.supersedes or row.label_id: row.review for row in regions(cohort, 1)}
    assert current == {first.label_id: Review.UNREVIEWED, second.label_id: Review.REJECTED}


def test_a_label_changed_in_the_cohort_meanwhile_keeps_both(cohort, exported):
    (base,) = points(cohort, 1)
    theirs = add_point(cohort, 1, 50, 40, review=Review.CORRECTED, supersedes=base.label_id)
    assert bring(cohort, exported) == []  # theirs is no change of ours
    move(exported, 1, 35.5, 28.25)
    result = import_labelme(cohort, exported, annotator="kim")
    assert result.lines() == [
        "clip0 frame 1: point 'source' moved by 5.0 px; it was changed in the cohort as well, both are kept"
    ]
    assert len(result.conflicts) == result.to_json()["conflicts"] == 1
    assert {(row.annotator, row.supersedes) for row in points(cohort, 1)} == {
        ("lee", base.label_id), ("kim", base.label_id)}  # fmt: skip
    assert theirs in points(cohort, 1)


def test_two_people_in_one_folder_one_after_the_other_do_not_clash(cohort, exported):
    move(exported, 1, 35, 28)
    bring(cohort, exported, "kim")
    assert bring(cohort, exported, "lee") == []
    move(exported, 1, 36, 28)
    assert bring(cohort, exported, "lee") == ["clip0 frame 1: point 'source' moved by 1.0 px"]
    assert [(row.annotator, row.x) for row in points(cohort, 1)] == [("lee", 36)]


def test_two_people_with_a_copy_each_never_overwrite_each_other(cohort, exported, tmp_path):
    import shutil

    shutil.copytree(exported, tmp_path / "copy")
    move(exported, 1, 35, 28)
    move(tmp_path / "copy", 1, 20, 20)
    edit(tmp_path / "copy", 0, lambda values: values["shapes"].pop(0))
    bring(cohort, exported, "kim")
    result = import_labelme(cohort, tmp_path / "copy", annotator="lee")
    assert [one.conflict for one in result.changes] == [False, True]
    assert sorted((row.annotator, row.x) for row in points(cohort, 1)) == [("kim", 35), ("lee", 20)]


def test_a_dry_run_writes_nothing(cohort, exported):
    before, manifest = tables(cohort), (exported / MANIFEST).read_text()
    move(exported, 1, 35, 28)
    result = import_labelme(cohort, exported, annotator="kim", dry_run=True)
    assert len(result.lines()) == 1
    assert (tables(cohort), (exported / MANIFEST).read_text()) == (before, manifest)
    assert len(bring(cohort, exported)) == 1


def test_lines_and_edited_descriptions_are_told(cohort, exported):
    edit(exported, 1, lambda values: values["shapes"].append(shape("tool", [[1.0, 1.0], [5.0, 5.0]], "line")))
    edit(exported, 0, lambda values: values["shapes"][1].update(description="pooled blood?"))
    result = import_labelme(cohort, exported, annotator="kim")
    assert [(problem.severity, problem.what) for problem in result.problems] == [
        ("warning", "the description of 'source' was edited, which no label holds"),
        ("warning", "'tool' is a line, which no label holds"),
    ]
    assert not result.changes


def test_a_deleted_label_file_rejects_nothing(cohort, exported):
    label_path(exported, 0).unlink()
    result = import_labelme(cohort, exported, annotator="kim")
    assert not result.changes
    assert [problem.code for problem in result.problems.warnings] == ["labelme-gone"]


def test_the_report_as_json(cohort, exported):
    move(exported, 1, 35.5, 28.25)
    edit(exported, 0, lambda values: values["shapes"].pop(0))
    told = json.loads(json.dumps(import_labelme(cohort, exported, annotator="kim").to_json()))
    assert told["counts"] == {"moved": 1, "rejected": 1}
    assert [(one["frame"], one["what"], one["pixels"]) for one in told["changes"]] == [
        (0, "rejected", None), (1, "moved", 5.0)]  # fmt: skip
    assert told["changes"][1]["file"] == "clip0/000001.json"


def test_another_cohorts_folder_and_no_export_are_refused(cohort, exported, make_cohort, tmp_path):
    with pytest.raises(BleedkitError, match="has other clips or frames"):
        import_labelme(make_cohort(clips=1, name="other"), exported, annotator="kim")
    with pytest.raises(BleedkitError, match="no finished export"):
        import_labelme(cohort, tmp_path, annotator="kim")
    with pytest.raises(BleedkitError, match="an annotator needs a name"):
        import_labelme(cohort, exported, annotator=" ")


def test_labels_the_cohort_lost_are_told(cohort, exported):
    values = json.loads((exported / MANIFEST).read_text())
    frame = values["frames"]["clip0/000001.json"]
    (exported / MANIFEST).write_text(
        json.dumps({**values, "frames": {"clip0/000001.json": {**frame, "labels": ["ff"]}}})
    )
    move(exported, 1, 35, 28)
    result = import_labelme(cohort, exported, annotator="kim")
    assert "the cohort's frame has no label ff" in result.problems.errors[0].what
    assert not result.changes


def test_a_target_with_a_number_is_a_group(cohort, tmp_path):
    base = add_point(cohort, 3, 9, 9, target="source:2")
    export_labelme(cohort, tmp_path / "work")
    (written,) = read(tmp_path / "work", 3)["shapes"]
    assert (written["label"], written["group_id"]) == ("source", 2)
    assert bring(cohort, tmp_path / "work") == []
    edit(tmp_path / "work", 3, lambda values: values["shapes"][0].update(group_id=None))
    assert bring(cohort, tmp_path / "work") == ["clip0 frame 3: point 'source' renamed from 'source:2'"]
    assert [(row.target, row.supersedes) for row in points(cohort, 3)] == [("source", base.label_id)]
