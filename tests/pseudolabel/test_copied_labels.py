"""Labels that repeat the one before: told from honest ones by who gave them and by whether the tissue moved."""

from pathlib import Path

import numpy as np
import pytest

from bleedkit.datasets import vl_surgpt
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.schema import PointLabel, Review
from bleedkit.pseudolabel.accuracy import ENGINE, ScoredFrames
from bleedkit.pseudolabel.copied_labels import CopiedLabel, copied_labels, on_copies, repeated_labels

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "vl_surgpt"


def point(frame, x=10.0, *, annotator="a", target="source", **more) -> PointLabel:
    more = {"visible": True, **more}
    xy = {"x": x, "y": 5.0} if more["visible"] else {}
    return PointLabel(clip_id="c", frame=frame, target=target, annotator=annotator, **xy, **more)


def frames_of(points) -> list[tuple[int, int]]:
    return [(before.frame, label.frame) for before, label in repeated_labels(points)]


def test_one_persons_equal_consecutive_labels_are_a_pair():
    assert frames_of([point(30), point(0), point(60, 11.0), point(90)]) == [(0, 30)]
    assert frames_of([point(0), point(30), point(60)]) == [(0, 30), (30, 60)]


def test_what_is_no_copy():
    assert frames_of([point(0), point(30, annotator="b")]) == [], "two people who agree"
    assert frames_of([point(0), point(30, target="other")]) == []
    assert frames_of([point(0), point(30, review=Review.REJECTED)]) == []
    assert frames_of([point(0), point(30, review=Review.ACCEPTED)]) == [], "somebody looked at it"


def test_a_not_visible_label_between_does_not_count():
    assert frames_of([point(0), point(15, visible=False), point(30)]) == [(0, 30)]


def test_still_tissue_makes_an_honest_repetition(cohort, monkeypatch):
    clip = next(iter(cohort.clips))
    seen = [p for p in cohort.points(clip) if p.visible and p.frame == 0][:1]
    same = [
        PointLabel(clip_id=clip, frame=f, target=p.target, x=p.x, y=p.y, visible=True) for p in seen for f in (0, 1)
    ]
    monkeypatch.setattr(Cohort, "points", lambda *_: same)
    assert copied_labels(cohort, clip) == [], "in one frame the texture moves by less than 10 px of 1240"


def test_frames_rest_on_a_copy_at_either_end_or_as_what_they_are_scored_against():
    n = 4
    frames = ScoredFrames(
        clip=np.array(["c"] * n),
        target=np.array(["source", "source", "source", "other"]),
        frame=np.array([15, 45, 75, 15], np.int32),
        gap=np.full(n, 30, np.int32),
        position=np.full(n, 0.5),
        width=np.full(n, 1240, np.int32),
        reference=np.zeros((n, 2)),
        xy=np.zeros((n, 2)),
        covariance=np.tile(np.eye(2), (n, 1, 1)),
        kept=np.ones(n, bool),
        reason=np.full(n, ""),
        distance={ENGINE: np.zeros(n)},
        squared={ENGINE: np.zeros(n)},
    )
    end, inner = CopiedLabel("c", "source", 30, 0, 20.0), CopiedLabel("c", "source", 75, 60, 20.0)
    # Gaps: 0 to 30, 30 to 60, 60 to 90, and 0 to 30 of the other target.
    assert on_copies(frames, [end], hidden_labels=False).tolist() == [True, True, False, False]
    assert on_copies(frames, [inner], hidden_labels=False).tolist() == [False] * 4
    assert on_copies(frames, [inner], hidden_labels=True).tolist() == [False, False, True, False]
    assert on_copies(frames, [], hidden_labels=True).tolist() == [False] * 4


@pytest.mark.skipif(not REAL.is_dir(), reason="the VL-SurgPT clip is not at hand")
def test_the_real_clips_two_copies_are_found(tmp_path):
    cohort = build_cohort(vl_surgpt.SPEC, REAL, tmp_path / "cohort").cohort
    (clip,) = cohort.clips
    found = [(copy.target, copy.frame, copy.of) for copy in copied_labels(cohort, clip)]
    assert found == [("tissue-0", 30, 0), ("tissue-1", 30, 0)], "seen by eye: the tissue is pulled away under them"
