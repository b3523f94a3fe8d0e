"""Compaction: supersedes its own, never a person's; what is no longer trusted is retired."""

import dataclasses
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from bleedkit.datasets.cohort import Cohort, CohortMeta, most_trusted, write_tables
from bleedkit.datasets.schema import Clip, Frame, ImageSize, LabelState, PointLabel, Provenance, Review
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction
from bleedkit.pseudolabel.compact import compact
from bleedkit.pseudolabel.dense_track import DenseTrack
from bleedkit.pseudolabel.keypoints import KeypointTracks
from bleedkit.pseudolabel.segments import segments_of

CLIP = Clip("c", "p", "p", 30, ImageSize(64, 48), 5)


@pytest.fixture
def small(tmp_path: Path) -> Cohort:
    """One clip without images, labelled at frames 0 and 4."""
    tables = {
        "clips": table_of("clips", [CLIP]),
        "frames": table_of("frames", [Frame("c", f, "", f / 30, "", False) for f in range(5)]),
        "points": table_of("points", [PointLabel(clip_id="c", frame=f, x=1, y=1) for f in (0, 4)]),
    }
    with locked(tmp_path), transaction(tmp_path) as staging:
        write_tables(staging, CohortMeta("toy", "toy", "1", "", "", "1", "0", "."), tables)
    return Cohort(tmp_path)


def results(x: float, reasons=("", "", "")):
    (segment,) = segments_of(
        CLIP, range(5), [PointLabel(clip_id="c", frame=f, x=1, y=1) for f in (0, 4)], horizon_before=0, horizon_after=0
    )
    xy = np.full((3, 2), x)
    track = DenseTrack(
        segment.inner, xy, np.tile(np.eye(2), (3, 1, 1)), np.ones(3, bool), np.full(3, 0.9), reasons, xy, xy
    )
    return [(segment, track)]


def with_keypoints(result, x: float, n: int = 2):
    """The same result with n keypoints at x, the last not trusted in its first frame."""
    segment, track = result
    t = len(track.frames)
    xy = np.full((n, t, 2), x)
    xy[-1, 0] = np.nan
    keypoints = KeypointTracks(xy, np.tile(2 * np.eye(2), (n, t, 1, 1)), np.ones((n, t), bool), np.full((n, t), 0.5))
    return segment, dataclasses.replace(track, keypoints=keypoints)


def run(version: int) -> Provenance:
    return Provenance.of("pseudolabel", {"v": version})


def pseudo(cohort: Cohort) -> dict[int, PointLabel]:
    return {p.frame: p for p in cohort.points() if p.state is LabelState.PSEUDO}


def test_labels_and_review_items_are_written_once(small):
    first = compact(small, results(2.0, ("", "too far", "")), run(1))
    assert (first.labelled, first.flagged, first.new_rows) == (2, 1, 2)
    assert sorted(pseudo(small)) == [1, 3]
    assert [(item.frame, item.reason, item.x) for item in small.review_items()] == [(2, "too far", 2.0)]
    before = (small.folder / "points.parquet").read_bytes()
    assert compact(small, results(2.0, ("", "too far", "")), run(1)).new_rows == 0
    assert (small.folder / "points.parquet").read_bytes() == before


def test_a_later_run_supersedes_and_the_review_list_is_its_own(small):
    compact(small, results(2.0, ("", "too far", "")), run(1))
    compact(small, results(3.0, ("near", "", "")), run(2))
    assert {f: p.x for f, p in pseudo(small).items() if p.review is not Review.REJECTED} == {2: 3.0, 3: 3.0}
    assert [item.reason for item in small.review_items()] == ["near"]
    assert most_trusted([pseudo(small)[1]]) is None, "frame 1 was trusted once and is no longer"
    compact(small, results(4.0), run(3))
    assert {f: p.x for f, p in pseudo(small).items()} == {1: 4.0, 2: 4.0, 3: 4.0}


def test_what_a_person_reviewed_or_labelled_stays(small):
    compact(small, results(2.0), run(1))
    old = pseudo(small)
    accepted = dataclasses.replace(old[1], review=Review.ACCEPTED, annotator="kim", supersedes=old[1].label_id)
    own = PointLabel(clip_id="c", frame=2, x=9, y=9, annotator="kim")
    rejected = dataclasses.replace(old[3], review=Review.REJECTED, annotator="kim", supersedes=old[3].label_id)
    small.append(points=[accepted, own, rejected])
    written = compact(small, results(5.0), run(2))
    assert (written.labelled, written.kept, written.new_rows) == (0, 3, 0)
    assert accepted in small.points()
    assert rejected in small.points()
    assert own in small.points()


def test_keypoints_are_numbered_through_a_clip_and_replaced_by_the_next_run(small):
    (result,) = results(2.0)
    other = (dataclasses.replace(result[0], target="other"), result[1])
    written = compact(small, [with_keypoints(r, 7.0) for r in (other, result, result)], run(1))
    assert written.keypoints == 3 * (2 * 3 - 1), "one place of one keypoint is not trusted"
    found = small.keypoints("c")
    assert {(k.target, k.keypoint) for k in found} == {
        ("other", 1),
        ("other", 2),
        *(("source", n) for n in (1, 2, 3, 4)),
    }
    one = found[-1]
    assert (one.frame, one.x, one.var_x, one.cov_xy, one.visible, one.confidence) == (3, 7.0, 2.0, 0.0, True, 0.5)
    assert one.provenance == run(1).id
    compact(small, [with_keypoints(result, 9.0, n=1)], run(2))
    assert [(k.frame, k.keypoint, k.x) for k in small.keypoints("c")] == [(2, 1, 9.0), (3, 1, 9.0)]


def test_a_compaction_done_again_changes_no_byte(small):
    again = [with_keypoints(results(2.0, ("", "too far", ""))[0], 7.0)]
    compact(small, again, run(1))
    before = files(small)
    compact(small, again, run(1))
    assert files(small) == before
    assert "keypoints.parquet" in before


def files(cohort: Cohort) -> dict[str, bytes]:
    names = ("points", "review", "keypoints", "provenance")
    return {f"{n}.parquet": (cohort.folder / f"{n}.parquet").read_bytes() for n in names}


@pytest.mark.parametrize("step", range(7))
def test_a_failure_at_every_single_rename_leaves_the_old_run_or_the_new(small, monkeypatch, step):
    compact(small, [with_keypoints(results(2.0, ("", "too far", ""))[0], 7.0)], run(1))
    real, calls = os.replace, 0

    def fail(*args):
        nonlocal calls
        calls += 1
        if calls > step:
            raise KeyboardInterrupt
        real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        try:
            compact(small, [with_keypoints(results(3.0, ("near", "", ""))[0], 9.0)], run(2))
        except KeyboardInterrupt:
            assert step < 6  # the commit, then cohort.json and four tables
        else:
            assert step >= 6
    for _ in range(2):  # as it is read now, and after the next writer has tidied up
        there = Cohort(small.folder)
        seen = {there.review_items()[0].reason, *(k.x for k in there.keypoints("c")), pseudo(there)[3].x}
        assert seen in ({"too far", 7.0, 2.0}, {"near", 9.0, 3.0})
        there.append()


def test_what_is_reviewed_while_the_results_come_in_waits_and_is_not_lost(small):
    compact(small, results(2.0), run(1))
    old = pseudo(small)[1]
    accepted = dataclasses.replace(old, review=Review.ACCEPTED, annotator="kim", supersedes=old.label_id)
    person = threading.Thread(target=Cohort(small.folder).append, kwargs={"points": [accepted]})

    def slowly():
        person.start()
        person.join(0.1)
        assert person.is_alive(), "the writer's lock is held from before the first result is looked at"
        yield from results(5.0)

    compact(small, slowly(), run(2))
    person.join()
    assert accepted in small.points()
    new = pseudo(small)
    assert compact(small, results(6.0), run(3)).kept == 1
    assert accepted in small.points()
    assert new[2].x == 5.0
