"""Prompts from people's labels and from a file of boxes."""

import re
from dataclasses import replace

import pytest

from bleedkit.annotate.preannotate.clip_unit import Prompt
from bleedkit.annotate.preannotate.prompts import BoxPrompt, prompts_of, read_boxes
from bleedkit.datasets.cohort import ClipView
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import Clip, ImageSize, LabelState, MaskLabel, PointLabel, Review

CLIP = Clip("c", "p", "p", 2, ImageSize(64, 48), 9)


def point(frame, x=1.0, y=1.0, **more):
    return PointLabel(clip_id="c", frame=frame, x=x, y=y, **more)


def mask(frame, path="masks/a.png", area=4, **more):
    return MaskLabel(clip_id="c", frame=frame, path=path, digest="d", area=area, **more)


def prompts(points=(), masks=(), boxes=()):
    return prompts_of(ClipView(CLIP, (), points, masks, ()), boxes)


def test_sources_are_clicks_and_several_people_have_one():
    sources = [point(3, 10, 20, annotator="a"), point(3, 12, 22, annotator="b"), point(3, 40, 5, target="source-2")]
    assert prompts([*sources, point(3, 50, 5, target="suture")]) == (Prompt(3, ((11.0, 21.0), (40.0, 5.0))),)


def test_hidden_rejected_and_derived_points_say_nothing():
    derived = point(2, state=LabelState.PSEUDO, provenance="r")
    hidden = PointLabel(clip_id="c", frame=0, visible=False)
    assert prompts([hidden, point(1, review=Review.REJECTED), derived]) == ()


def test_what_people_drew_stands_before_clicks_and_ends_what_comes():
    masks = [mask(2, "masks/a.png"), mask(2, "masks/b.png", target="region-2"), mask(5, "masks/0.png", area=0)]
    model = mask(7, state=LabelState.MODEL, provenance="r")
    found = prompts([point(2), point(5), point(8, 4, 5)], [*masks, model])
    assert found == (
        Prompt(2, masks=("masks/a.png", "masks/b.png"), walled=True),
        Prompt(5, walled=True),
        Prompt(8, ((4.0, 5.0),)),
    )
    assert [prompt.says for prompt in found] == [True, False, True]


def test_a_box_goes_with_the_clicks_of_its_frame():
    box = BoxPrompt("c", 4, (1.0, 2.0, 30.0, 40.0))
    assert prompts([point(4, 4, 5)], boxes=[box]) == (Prompt(4, ((4.0, 5.0),), box.box),)


def test_boxes_are_read(cohort, tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text("clip_id,frame,x0,y0,x1,y1\nclip0,1,0,0,64,48\nclip1,3,1.5,2,10.25,12\n")
    assert read_boxes(path, cohort) == [
        BoxPrompt("clip0", 1, (0.0, 0.0, 64.0, 48.0)),
        BoxPrompt("clip1", 3, (1.5, 2.0, 10.25, 12.0)),
    ]


BAD = {
    "clip9,1,0,0,5,5": "there is no clip 'clip9'",
    "clip0,4,0,0,5,5": "clip clip0 has no frame 4",
    "clip0,-1,0,0,5,5": "has no frame -1",
    "clip0,one,0,0,5,5": "invalid literal",
    "clip0,2,0,0,nan,5": "must be finite",
    "clip0,2,5,0,5,5": "x0 < x1",
    "clip0,2,0,0,65,5": "must lie in the 64x48 frame",
    "clip0,2,0,0": "NoneType",
    "clip0,1,1,1,5,5": "its frame has a box already",
}


def test_every_bad_row_is_named_at_once(cohort, tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text("\n".join(["clip_id,frame,x0,y0,x1,y1", "clip0,1,0,0,5,5", *BAD]))
    with pytest.raises(BleedkitError) as told:
        read_boxes(path, cohort)
    for line, (_, what) in enumerate(BAD.items(), start=3):
        assert re.search(rf"line {line}: [^;]*{re.escape(what)}", str(told.value)), (line, what)


def test_a_file_of_something_else_is_told(cohort, tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BleedkitError, match=r"line 2: 'clip_id'.*each line is clip_id,frame,x0"):
        read_boxes(path, cohort)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BleedkitError, match="cannot be read"):
        read_boxes(path, cohort)


def test_a_correction_counts_and_not_what_it_replaced(cohort):
    (old,) = [p for p in cohort.points("clip0") if p.frame == 0]
    (drawn,) = cohort.masks("clip0")
    gone = replace(drawn, review=Review.REJECTED, annotator="kim", supersedes=drawn.label_id)
    cohort.append(points=[replace(old, x=30, y=31, annotator="lee", supersedes=old.label_id)], masks=[gone])
    view = next(view for view in cohort.stream() if view.clip.clip_id == "clip0")
    assert prompts_of(view) == (Prompt(0, ((30.0, 31.0),)),)
