"""CVAT for video 1.1: what it can hold comes back, its own files are read, bombs and nonsense are refused."""

import copy
import json
import math
from xml.etree import ElementTree

import numpy as np
import pytest
from bleedkit_test_layouts.labelled import RUN, SIZE, any_labels, mask_label, rings, said, write_cohort
from hypothesis import given, settings

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.exchange.exchange import export_cohort, import_labels
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Review

# As CVAT 2 writes it: a point that a person set in frames 0 and 2, interpolated in between, gone from 3 on; and a mask.
# The mask's box is columns 2 to 4 of rows 1 and 2; row 1 is .XX, row 2 is X.X, so runs of 1, 2+1, 1, 1 pixels.
FOREIGN = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<meta><task><id>5</id><name>a</name><size>4</size><mode>interpolation</mode>
<labels><label><name>source</name><attributes></attributes></label></labels>
<original_size><width>24</width><height>18</height></original_size></task><dumped>2026-01-01</dumped></meta>
<track id="0" label="source" source="manual">
<points frame="0" keyframe="1" outside="0" occluded="0" points="10.00,5.00" z_order="0"></points>
<points frame="1" keyframe="0" outside="0" occluded="0" points="11.00,5.00" z_order="0"></points>
<points frame="2" keyframe="1" outside="0" occluded="1" points="12.00,5.00" z_order="0"></points>
<points frame="3" keyframe="1" outside="1" occluded="0" points="12.00,5.00" z_order="0"></points>
</track>
<track id="1" label="region" source="auto">
<mask frame="1" keyframe="1" outside="0" occluded="0" rle="1, 3, 1, 1" left="2" top="1" width="3" height="2"></mask>
<mask frame="2" keyframe="1" outside="1" occluded="0" rle="1, 3, 1, 1" left="2" top="1" width="3" height="2"></mask>
</track>
<track id="2" label="tool" source="manual">
<polygon frame="2" keyframe="1" outside="0" occluded="0" points="2.00,2.00;6.00,2.00;6.00,5.00;2.00,5.00"></polygon>
<box frame="3" keyframe="1" outside="0" occluded="0" xtl="1" ytl="1" xbr="2" ybr="2"></box>
</track></annotations>"""


def bring(cohort, text, tmp_path, name="any.xml"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return import_labels(cohort, "cvat", tmp_path / name, annotator="kim")


def _attribute(name, value):
    element = ElementTree.Element("attribute", name=name)
    element.text = value
    return element


@settings(max_examples=12)
@given(labels=any_labels())
def test_what_cvat_holds_comes_back_and_the_rest_is_counted(tmp_path_factory, labels):
    folder = tmp_path_factory.mktemp("cvat")
    held = [pair for pair in labels if not isinstance(pair[0], OnsetLabel)]
    held = [pair for pair in held if not isinstance(pair[0], MaskLabel) or pair[0].area]
    cohort, fresh = write_cohort(folder / "cohort", labels), write_cohort(folder / "fresh")
    result = export_cohort(cohort, "cvat", folder / "out")
    assert result.counts["points"] + result.counts["regions"] == len(held)
    assert sum(loss.count for loss in result.losses) == len(labels) - len(held)
    brought = import_labels(fresh, "cvat", folder / "out", annotator="nobody")
    assert not brought.problems
    assert said(fresh) == said(write_cohort(folder / "expected", held))
    assert import_labels(cohort, "cvat", folder / "out", annotator="kim").counts["unchanged"] == len(held)


def test_a_file_of_cvat_itself(tmp_path):
    cohort = write_cohort(tmp_path / "c")
    result = bring(cohort, FOREIGN, tmp_path)
    assert not result.problems
    points = {(row.frame, row.x, row.y, row.visible, row.annotator, row.state) for row in cohort.points("a")}
    assert points == {(0, 10, 5, True, "kim", LabelState.HUMAN), (2, 12, 5, False, "kim", LabelState.HUMAN)}
    masks = {row.target: row for row in cohort.masks("a")}
    expected = np.zeros((SIZE.height, SIZE.width), bool)
    expected[1, 3:5] = expected[2, [2, 4]] = True
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(masks["region"])), expected)
    assert (masks["region"].frame, masks["region"].state) == (1, LabelState.MODEL)
    assert masks["tool"].area == 4 * 3
    assert [str(loss) for loss in result.losses] == ["1 x box shape", "1 x points that CVAT interpolated (no keyframe)"]


def test_gaps_between_labels_are_closed_so_that_cvat_draws_nothing(tmp_path):
    rows = [
        (PointLabel(clip_id="a", frame=0, x=1, y=2), b""),
        (PointLabel(clip_id="a", frame=2, visible=False), b""),
        (PointLabel(clip_id="a", frame=3, x=3, y=4), b""),
    ]
    cohort = write_cohort(tmp_path / "c", [*rows, mask_label(rings(), clip_id="a", frame=1)])
    export_cohort(cohort, "cvat", tmp_path / "out")
    root = ElementTree.parse(tmp_path / "out" / "a.xml").getroot()
    flags = [
        tuple(shape.get(key) for key in ("frame", "outside", "occluded", "points"))
        for shape in root.findall("track[@label='source']/points")
    ]
    assert flags == [
        ("0", "0", "0", "1.0,2.0"),
        ("1", "1", "0", "1.0,2.0"),  # nobody labelled frame 1
        ("2", "1", "1", "1.0,2.0"),  # looked for and not seen
        ("3", "0", "0", "3.0,4.0"),
    ]
    assert len(root.findall("track[@label='region']/mask")) == 1
    labels = json.loads((tmp_path / "out" / "labels.json").read_text())
    assert [(label["name"], label["type"]) for label in labels] == [("region", "mask"), ("source", "points")]


def test_rounding_by_cvat_is_no_correction_and_a_move_is(tmp_path):
    point = PointLabel(clip_id="a", frame=0, x=1.23456, y=2)
    cohort = write_cohort(tmp_path / "c", [(point, b"")])
    export_cohort(cohort, "cvat", tmp_path / "out")
    text = (tmp_path / "out" / "a.xml").read_text()
    assert bring(cohort, text.replace("1.23456", "1.23"), tmp_path).counts["unchanged"] == 1
    assert bring(cohort, text.replace("1.23456", "9.5"), tmp_path).counts["corrected"] == 1
    (row,) = cohort.points()
    assert (row.x, row.supersedes) == (9.5, point.label_id)


def test_what_an_earlier_keyframe_said_does_not_pass_to_a_later_one(tmp_path):
    # CVAT gives a keyframe the attributes of the one before where it has none of that name.
    held = {"confidence": 0.5, "var_x": 4.0, "var_y": 4.0, "cov_xy": 0.0, "review": Review.ACCEPTED}
    rows = [PointLabel(clip_id="a", frame=0, x=1, y=2, **held), PointLabel(clip_id="a", frame=2, x=3, y=4)]
    cohort = write_cohort(tmp_path / "c", [(row, b"") for row in rows])
    export_cohort(cohort, "cvat", tmp_path / "out")
    tree = ElementTree.parse(tmp_path / "out" / "a.xml")
    passed: dict[str, str] = {}
    for shape in tree.getroot().findall("track/points"):
        passed |= {one.get("name"): one.text or "" for one in shape.findall("attribute")}
        shape[:] = [_attribute(name, value) for name, value in passed.items()]
    tree.write(tmp_path / "a.xml")
    fresh = write_cohort(tmp_path / "f")
    import_labels(fresh, "cvat", tmp_path / "a.xml", annotator="kim")
    assert said(fresh, ["annotator"]) == said(cohort, ["annotator"])


def test_a_keyframe_that_a_person_adds_is_that_persons_though_cvat_copies_the_attributes(tmp_path):
    by = {"annotator": "net", "state": LabelState.MODEL, "confidence": 0.5, "provenance": RUN.id}
    row = PointLabel(clip_id="a", frame=0, x=1, y=2, **by)
    cohort = write_cohort(tmp_path / "c", [(row, b"")])
    export_cohort(cohort, "cvat", tmp_path / "out")
    tree = ElementTree.parse(tmp_path / "out" / "a.xml")
    (track,) = tree.getroot().findall("track")
    track.set("source", "file")  # as CVAT calls what came from a file
    added = copy.deepcopy(track[0])
    added.set("frame", "2")
    track.append(added)
    tree.write(tmp_path / "a.xml")
    result = import_labels(cohort, "cvat", tmp_path / "a.xml", annotator="kim")
    assert result.counts == {"new": 1, "corrected": 0, "unchanged": 1}
    new = next(label for label in cohort.points() if label.frame == 2)
    assert (new.annotator, new.state, math.isnan(new.confidence)) == ("kim", LabelState.HUMAN, True)


def test_a_point_that_cvat_puts_on_the_far_border_lies_just_inside(tmp_path):
    cohort = write_cohort(tmp_path / "c", [(PointLabel(clip_id="a", frame=0, x=23.999, y=2), b"")])
    export_cohort(cohort, "cvat", tmp_path / "out")
    rounded = (tmp_path / "out" / "a.xml").read_text().replace("23.999,2.0", "24.00,2.00")
    assert bring(cohort, rounded, tmp_path).counts["unchanged"] == 1
    dragged = rounded.replace("24.00,2.00", "9.00,18.00")
    assert not bring(cohort, dragged, tmp_path).problems
    assert [(row.x, row.y) for row in cohort.points()] == [(9, 17.995)]


def test_a_skeleton_is_told_as_one_shape(tmp_path):
    cohort = write_cohort(tmp_path / "c")
    skeleton = (
        '<track id="3" label="hand" source="manual"><skeleton frame="1" keyframe="1" z_order="0">'
        '<points label="tip" keyframe="1" outside="0" occluded="0" points="1.00,1.00"></points></skeleton></track>'
    )
    result = bring(cohort, FOREIGN.replace("</annotations>", f"{skeleton}</annotations>"), tmp_path)
    assert not result.problems
    assert "1 x skeleton shape" in [str(loss) for loss in result.losses]


BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><annotations>&y;</annotations>'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotations/>', "document type"),
        ("<annotations><version>", "not XML"),
        ("<svg/>", "root is <svg>"),
        ("<annotations>" + "<a>" * 99, "nested"),
        ('<annotations><image id="0"/></annotations>', "CVAT for images"),
        (FOREIGN.replace("<name>a</name>", "<name>other</name>"), "neither its task 'other'"),
        (
            FOREIGN.replace("<task>", "<project><tasks><task>").replace("</task>", "</task></tasks></project>"),
            "project",
        ),
        (FOREIGN.replace("<width>24</width>", "<width>25</width>"), "must be 24x18"),
    ],
)
def test_what_is_no_file_for_the_cohort_changes_nothing(tmp_path, text, reason):
    cohort = write_cohort(tmp_path / "c")
    with pytest.raises(BleedkitError, match=reason):
        bring(cohort, text, tmp_path)
    assert not cohort.points(history=True)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('frame="0"', 'frame="9"', "no frame 9"),
        ('frame="0"', 'frame="x"', "invalid literal"),
        ("10.00,5.00", "nan,5.00", "must be finite"),
        ("10.00,5.00", "1e9,5.00", "inside 24x18"),
        ("10.00,5.00", "1,2;3,4", "must be one point"),
        ('points="10.00,5.00"', "", "lacks 'points'"),
        ('width="3"', 'width="30000000000"', "leaves the image"),
        ("1, 3, 1, 1", "1, 3, 1, 99", "within the image"),
        ("1, 3, 1, 1", "1, 3, 1, -1", "within the image"),
        ("1, 3, 1, 1", "1, 3", "add up to 4"),
    ],
)
def test_a_bad_shape_is_refused_with_the_reason_and_the_rest_kept(tmp_path, old, new, reason):
    cohort = write_cohort(tmp_path / "c")
    result = bring(cohort, FOREIGN.replace(old, new, 1), tmp_path)
    assert reason in result.problems.found[0].what
    assert result.counts["new"] == 3
