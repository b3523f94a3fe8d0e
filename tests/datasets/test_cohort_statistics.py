"""Statistics: every number worked by hand on a small cohort; the picture shows what it says."""

import json
import math
import time

import cv2
import numpy as np
import pytest

from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.cohort_plot import plot_cohort
from bleedkit.datasets.cohort_statistics import Spread, cohort_statistics
from bleedkit.datasets.schema import (
    Clip,
    Frame,
    ImageSize,
    LabelState,
    OnsetLabel,
    PointLabel,
    Provenance,
    Review,
)
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction

SIZE = ImageSize(100, 50)


def write(folder, **rows):
    with locked(folder), transaction(folder) as staging:
        meta = CohortMeta("mine", "toy", "1", "", "", "1", "0", ".")
        write_tables(staging, meta, {name: table_of(name, found) for name, found in rows.items()})
    return Cohort(folder)


@pytest.fixture
def cohort(tmp_path):
    """Three clips of two patients: a (10 frames at 2 fps, onset 4), b (6 at 30 fps, never), c (30 at 30 fps)."""
    clips = [
        Clip("a", "p", "p1", 2, SIZE, 10, site="liver", scenarios=("smoke", "water")),
        Clip("b", "p", "p2", 30, SIZE, 6, site="liver"),
        Clip("c", "q", "q1", 30, ImageSize(640, 480), 30, scenarios=("smoke",)),
    ]
    run = Provenance.of("pseudolabel", {})
    human = [PointLabel(clip_id="a", frame=f, x=50, y=10) for f in (4, 6)]
    gone = PointLabel(clip_id="a", frame=8, visible=False)
    moved = PointLabel(clip_id="a", frame=6, x=51, y=10, review=Review.CORRECTED, supersedes=human[1].label_id)
    pseudo = PointLabel(clip_id="a", frame=5, x=50, y=10, state=LabelState.PSEUDO, provenance=run.id)
    return write(
        tmp_path / "c",
        clips=clips,
        frames=[Frame(c.clip_id, f, "", f / c.fps, "", f % 2 == 0) for c in clips for f in range(c.n_frames)],
        points=[*human, gone, moved, pseudo],
        onsets=[OnsetLabel(clip_id="a", frame=4), OnsetLabel(clip_id="b", frame=-1)],
        provenance=[run],
    )


def test_counts_are_those_worked_by_hand(cohort):
    s = cohort_statistics(cohort)
    assert (s.clips, s.patients, s.procedures, s.frames, s.images) == (3, 2, 3, 46, 23)
    assert s.seconds == pytest.approx(10 / 2 + 6 / 30 + 30 / 30)
    assert (s.fps, s.sizes) == ({"30": 2, "2": 1}, {"100x50": 2, "640x480": 1})
    assert s.labelled_frames == 4  # a: 4, 5, 6, 8
    assert [(r.table, r.state, r.review, r.labels, r.visible) for r in s.labels] == [
        ("points", "human", "corrected", 1, 1), ("points", "human", "unreviewed", 2, 1),
        ("points", "pseudo", "unreviewed", 1, 1), ("onsets", "human", "unreviewed", 2, 2),
    ]  # fmt: skip
    assert s.by_site == {"liver": 5 + 3, "unknown": 15}  # images are the even frames
    assert s.by_scenario == {"smoke": 5 / 2 + 15, "water": 5 / 2, "unknown": 3}
    assert s.labels_per_clip == Spread(3, 0, 0, 4)
    assert s.frames_per_patient == Spread(2, 8, 11.5, 15)
    assert s.onset_s == Spread(1, 2, 2, 2)  # frame 4 at 2 fps
    assert s.clips_never_bleeding == 1


def test_without_labels_of_bleeding_no_share_is_made_up(tmp_path):
    clips = [Clip("a", "p", "p", 2, SIZE, 3)]
    tissue = [PointLabel(clip_id="a", frame=0, target="tissue-0", x=1, y=1)]
    s = cohort_statistics(write(tmp_path / "c", clips=clips, frames=[Frame("a", 0, "", 0, "")], points=tissue))
    assert (s.bleeding_frames, s.judged_frames) == (None, None)
    assert s.onset_s.n == 0
    assert math.isnan(s.onset_s.median)
    document = json.loads(json.dumps(s.to_dict(), allow_nan=False))
    assert document["onset_s"] == {"n": 0, "smallest": None, "median": None, "largest": None}
    assert document["labels_per_clip"]["median"] == 1


def test_the_picture_marks_labels_and_points(cohort, tmp_path):
    plot_cohort(cohort, tmp_path / "a.png")
    rgb = cv2.imread(str(tmp_path / "a.png"))[..., ::-1].astype(int)
    for colour in [(0, 114, 178), (230, 159, 0), (213, 94, 0)]:  # human, pseudo, onset
        assert (np.abs(rgb - colour).max(axis=2) < 12).sum() > 10
    plot_cohort(cohort, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_cohort_without_labels_has_a_picture_too(tmp_path):
    cohort = write(tmp_path / "c", clips=[Clip("a", "p", "p", 2, SIZE, 3)], frames=[Frame("a", 0, "", 0, "")])
    plot_cohort(cohort, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_a_cohort_of_106222_frames_lists_its_clips_without_reading_its_frames(tmp_path):
    clips = [Clip(f"clip{k:03d}", f"p{k % 44:02d}", f"p{k % 44:02d}", 30, SIZE, 219) for k in range(485)]
    frames = [Frame(c.clip_id, f, "", f / 30, "") for c in clips for f in range(219)] + [
        Frame("clip484", 219 + f, "", 0, "") for f in range(106_222 - 485 * 219)
    ]
    write(tmp_path / "c", clips=clips, frames=frames)
    start = time.perf_counter()
    cohort = Cohort(tmp_path / "c")
    listed = list(cohort.clips)
    seconds = time.perf_counter() - start
    assert (len(listed), cohort.meta.counts["frames"]) == (485, 106_222)
    (tmp_path / "c" / "frames.parquet").unlink()
    assert list(Cohort(tmp_path / "c").clips) == listed
    print(f"opened and listed in {seconds:.3f} s")
