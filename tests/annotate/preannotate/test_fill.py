"""Answers into a cohort: what people settled stays, unreviewed model labels are replaced, nothing is written twice."""

import math
from dataclasses import replace

import numpy as np
import pytest

from bleedkit.annotate.preannotate.clip_answer import ClipAnswer, OnsetSaid, PointSaid, RegionSaid
from bleedkit.annotate.preannotate.fill import fill
from bleedkit.annotate.preannotate.settled import Settled, is_settled
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import ImageSize, LabelState, PointLabel, Provenance, Review

FIRST = Provenance("model", '{"model":"bloodet"}', "1", "aa")
OTHER = replace(FIRST, weights_digest="bb")


def square(x, side=4):
    mask = np.zeros((48, 64), bool)
    mask[:side, x : x + side] = True
    return mask


def answer(shift=0.0):
    """Of frames 0..3: a point, hidden in frame 3, and a region, empty in frame 2; and an onset."""
    points = [PointSaid(t, 10.0 + t + shift, 20.0, True, 0.75) for t in range(3)]
    regions = [RegionSaid(t, MaskFile.of(square(8 * t + int(shift), 0 if t == 2 else 4))) for t in range(4)]
    return ClipAnswer((*points, PointSaid.absent(3, 0.5)), tuple(regions), OnsetSaid(2, 0.9))


def answers(cohort, said):
    return iter([(clip_id, said) for clip_id in cohort.clips])


def model_rows(cohort, clip_id="clip0"):
    rows = [*cohort.points(clip_id), *cohort.masks(clip_id), *cohort.onsets(clip_id)]
    return [row for row in rows if row.state is LabelState.MODEL]


@pytest.fixture
def filled(cohort):
    """The toy cohort with the first weights' answer: of each clip frame 3's point and masks of frames 1, 2 and 3."""
    assert fill(cohort, answers(cohort, answer()), FIRST).points == 2
    return cohort


def test_only_what_nobody_labelled_is_filled(cohort):
    # People: point in 0, hidden in 2, mask in 0, onset; derived: the point in 1. Left: a point and three masks a clip.
    before = cohort.points(history=True), cohort.masks(history=True), cohort.onsets(history=True)
    done = fill(cohort, answers(cohort, answer()), FIRST)
    assert (done.points, done.masks, done.onsets, done.kept) == (2, 6, 0, 2 * (3 + 1 + 1))
    for old, now in zip(before, (cohort.points(), cohort.masks(), cohort.onsets()), strict=True):
        assert {row.label_id for row in old} <= {row.label_id for row in now}
    (point,) = [p for p in cohort.points("clip1") if p.state is LabelState.MODEL]
    assert (point.frame, point.visible, math.isnan(point.x), point.confidence) == (3, False, True, 0.5)
    assert point.provenance == FIRST.id
    assert cohort.provenance()[FIRST.id].weights_digest == "aa"
    masks = {m.frame: m for m in cohort.masks("clip1") if m.state is LabelState.MODEL}
    assert {frame: mask.area for frame, mask in masks.items()} == {1: 16, 2: 0, 3: 16}
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(masks[3])), square(24))


def test_an_onset_is_filled_where_nobody_told_one(cohort):
    (old,) = cohort.onsets("clip0")
    run = next(iter(cohort.provenance()))
    gone = replace(old, state=LabelState.PSEUDO, review=Review.REJECTED, provenance=run, supersedes=old.label_id)
    cohort.append(onsets=[gone])
    assert fill(cohort, answers(cohort, answer()), FIRST).onsets == 1, "what a run itself gave up settles nothing"
    (onset,) = [o for o in cohort.onsets("clip0") if o.state is LabelState.MODEL]
    assert (onset.frame, onset.confidence) == (2, 0.9)


def test_the_same_again_adds_nothing(filled):
    files = {path: path.read_bytes() for path in filled.folder.rglob("*") if path.is_file()}
    done = fill(filled, answers(filled, answer()), FIRST)
    assert (done.points, done.masks, done.onsets) == (0, 0, 0)
    assert {path: path.read_bytes() for path in filled.folder.rglob("*") if path.is_file()} == files


def test_other_weights_replace_what_nobody_reviewed(filled):
    old = {(type(row), row.frame): row.label_id for row in model_rows(filled)}
    done = fill(filled, answers(filled, answer(shift=3.0)), OTHER)
    assert (done.points, done.masks) == (2, 6)
    new = model_rows(filled)
    assert len(new) == len(old) == 4, "one label a place"
    assert all(row.provenance == OTHER.id and row.supersedes == old[type(row), row.frame] for row in new)


def test_what_somebody_reviewed_stays_whatever_they_said(filled):
    masks = {m.frame: m for m in filled.masks("clip0") if m.state is LabelState.MODEL}
    said = {1: Review.ACCEPTED, 2: Review.REJECTED}
    reviewed = [replace(masks[f], review=r, annotator="kim", supersedes=masks[f].label_id) for f, r in said.items()]
    filled.append(masks=reviewed)
    fill(filled, answers(filled, answer(shift=3.0)), OTHER)
    now = {m.frame: m for m in filled.masks("clip0") if m.state is LabelState.MODEL}
    assert {frame: mask.review for frame, mask in now.items()} == {**said, 3: Review.UNREVIEWED}
    assert [now[frame].provenance == OTHER.id for frame in (1, 2, 3)] == [False, False, True]


def test_other_targets_say_nothing_of_the_source(cohort):
    cohort.append(points=[PointLabel(clip_id="clip0", frame=3, target="suture", x=1, y=1)])
    fill(cohort, answers(cohort, answer()), FIRST)
    assert [p.frame for p in cohort.points("clip0") if p.state is LabelState.MODEL] == [3]


STATES = {
    (LabelState.HUMAN, Review.UNREVIEWED, ""): True,
    (LabelState.HUMAN, Review.REJECTED, "kim"): True,
    (LabelState.PSEUDO, Review.UNREVIEWED, ""): True,
    (LabelState.PSEUDO, Review.REJECTED, "kim"): True,
    (LabelState.PSEUDO, Review.REJECTED, ""): False,
    (LabelState.MODEL, Review.UNREVIEWED, ""): False,
    (LabelState.MODEL, Review.ACCEPTED, "kim"): True,
    (LabelState.MODEL, Review.REJECTED, "kim"): True,
}


@pytest.mark.parametrize(("said", "settled"), STATES.items())
def test_who_settles_a_place(said, settled):
    state, review, annotator = said
    run = "" if state is LabelState.HUMAN else "x"
    row = PointLabel(clip_id="c", frame=0, x=1, y=1, state=state, review=review, annotator=annotator, provenance=run)
    assert is_settled(row) is settled


def test_a_clip_has_something_left_as_long_as_one_place_is_open():
    settled = Settled(frozenset({0, 1}), frozenset({0}), onset=True)
    assert not settled.leaves([0, 1], ["points", "onset"])
    assert settled.leaves([0, 1], ["points", "regions"])
    assert settled.leaves([0, 1, 2], ["points"])


def test_a_point_beyond_the_picture_is_not_to_be_seen():
    size = ImageSize(64, 48)
    assert PointSaid.of(0, np.array([63.99, 0.0]), size, 0.5).visible
    for place in ([64.0, 3.0], [3.0, 48.0], [-0.01, 3.0], [np.nan, 3.0]):
        beyond = PointSaid.of(0, np.array(place), size, 0.5)
        assert not beyond.visible
        assert math.isnan(beyond.x) and math.isnan(beyond.confidence)
