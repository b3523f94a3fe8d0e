"""One annotator against the others, worked by hand."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from bleedkit.benchmarks.evaluation.human import annotators, human_clip
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.mask_code import encode_mask
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import MaskLabel, OnsetLabel, PointLabel


@pytest.fixture
def view(built):
    """The first clip without any label, to be given some."""
    return replace(next(built[0].stream()), points=[], masks=[], onsets=[])


def point(frame, annotator, xy):
    place = {"visible": False} if xy is None else {"x": xy[0], "y": xy[1]}
    return PointLabel(clip_id="c", frame=frame, annotator=annotator, **place)


def onsets(**frames):
    return [OnsetLabel(clip_id="c", frame=frame, annotator=annotator) for annotator, frame in frames.items()]


def rows(protocol, cohort, view, annotator):
    return human_clip(PROTOCOLS[protocol], cohort, view, annotator).to_pylist()


POINTS = [
    point(0, "a", (10.0, 10.0)),
    point(0, "b", (12.0, 10.0)),
    point(0, "c", (20.0, 30.0)),
    point(1, "a", (11.0, 10.0)),
    point(1, "b", None),
    point(1, "c", (21.0, 30.0)),
    point(2, "a", None),
    point(2, "b", None),
    point(3, "b", (5.0, 5.0)),  # a did not look
    point(3, "c", (5.0, 5.0)),
    point(4, "a", (5.0, 5.0)),  # nobody else did
    point(5, "", (1.0, 1.0)),  # by whom, nobody knows
]


def test_points_against_the_mean_of_the_others(built, view):
    found = rows("region-point", built[0], replace(view, points=POINTS), "a")
    assert [row["frame"] for row in found] == [0, 1, 2]
    assert [(row["x"], row["y"]) for row in found] == [(10, 10), (11, 10), (None, None)]
    assert [row["confidence"] for row in found] == [1, 1, 0]
    # frame 0: the mean of (12, 10) and (20, 30); 1: one of two sees it, and where that one does; 2: nobody does
    assert [(row["true_x"], row["true_y"]) for row in found] == [(16, 20), (21, 30), (None, None)]
    assert [row["true_visible"] for row in found] == [True, True, False]


def test_a_track_begins_where_the_others_say(built, view):
    found = rows("track", built[0], replace(view, points=POINTS), "a")
    assert [(row["frame"], row["is_query"]) for row in found] == [(0, True), (1, False), (2, False)]
    assert (found[0]["x"], found[0]["y"]) == (16, 20)
    assert [(row["x"], row["visible"]) for row in found[1:]] == [(11, True), (None, False)]


def test_regions_against_the_pixels_that_half_of_the_others_hold(built, view):
    labels, columns = [], {"a": 10, "b": 20, "c": 30, "d": 40}
    for annotator, end in columns.items():
        mask = np.zeros((48, 64), bool)
        mask[:, :end] = True
        file = MaskFile.of(mask)
        file.write(built[0].folder)
        labels.append(
            MaskLabel(clip_id="c", frame=0, path=file.path, digest=file.digest, area=file.area, annotator=annotator)
        )
    (row,) = rows("region-point", built[0], replace(view, masks=labels), "a")
    wanted = np.zeros((48, 64), bool)
    wanted[:, :30] = True  # of b, c and d two hold columns up to 30
    assert row["true_mask"] == encode_mask(wanted)
    wanted[:, 10:] = False
    assert row["mask"] == encode_mask(wanted)
    assert (row["confidence"], row["true_visible"]) == (None, None)  # nobody was asked for the source


@pytest.mark.parametrize(
    ("frames", "said", "true"),
    [
        ({"a": 5, "b": 7, "c": 9, "d": 20}, 5, 9),
        ({"a": 5, "b": 7, "c": 9}, 5, 7),  # the earlier of two
        ({"a": 5, "b": -1, "c": 9}, 5, 9),  # a tie says bleeding
        ({"a": 5, "b": -1, "c": -1, "d": 9}, 5, None),
        ({"a": -1, "b": 7}, None, 7),
    ],
)
def test_onsets_against_the_median_of_the_others(built, view, frames, said, true):
    (row,) = rows("onset", built[0], replace(view, onsets=onsets(**frames)), "a")
    assert (row["onset"], row["true_onset"]) == (said, true)


def test_the_source_is_that_of_the_frame_that_models_are_shown(built, view):
    """The latest point of the first frame is c's, so c's onset is the one of the protocol: frame 0."""
    labelled = replace(view, points=[p for p in POINTS if p.frame < 2], onsets=onsets(a=1, c=0))
    (row,) = rows("source", built[0], labelled, "a")
    assert row["frame"] == 0
    assert (row["x"], row["true_x"]) == (10, 16)


def test_the_whole_chain(built, view):
    found = rows("deploy", built[0], replace(view, points=POINTS, onsets=onsets(a=1, b=0)), "a")
    assert [row["frame"] for row in found] == [0, 1, 2]
    assert {(row["onset"], row["true_onset"]) for row in found} == {(1, 0)}


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_a_clip_that_one_person_labelled_has_no_rows(built, view, protocol):
    alone = replace(view, points=[point(0, "a", (1.0, 1.0)), point(1, "a", (1.0, 1.0))], onsets=onsets(a=0))
    assert rows(protocol, built[0], alone, "a") == []
    assert rows(protocol, built[0], view, "a") == []
    others = replace(alone, points=[point(f, w, (1.0, 1.0)) for f in (0, 1) for w in "bc"], onsets=onsets(b=0, c=0))
    assert rows(protocol, built[0], others, "a") == []


def test_the_phantoms_annotators_are_near_each_other(phantom):
    assert annotators(phantom) == ("A1", "A2")
    for annotator in annotators(phantom):
        for name, metric in (("region-point", "iou"), ("source", "mean_error_raw"), ("track", "mean_error_raw")):
            protocol = PROTOCOLS[name]
            table = pa.concat_tables([human_clip(protocol, phantom, view, annotator) for view in phantom.stream()])
            assert table.schema == protocol.schema
            found = score(protocol.by_name[metric], protocol.rows(table))
            assert found.n > 0
            # They are some pixels of 640 off, an eighth of that here, and their outlines wander as little.
            assert found.value > 0.9 if metric == "iou" else 0 < found.value < 5
