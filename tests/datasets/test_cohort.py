"""Cohort: opened, streamed, appended to; tables in order; a kill at any instant leaves old or new."""

import dataclasses
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.cohort import Cohort, CohortMeta, most_trusted, write_tables
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import (
    Clip,
    Frame,
    ImageSize,
    LabelState,
    OnsetLabel,
    PointLabel,
    Provenance,
    Review,
    ReviewItem,
)
from bleedkit.datasets.tables import SCHEMAS, rows_of, table_of
from bleedkit.datasets.transaction import locked, transaction

SIZE = ImageSize(64, 48)


def make_cohort(folder: Path, clips: int = 3, frames: int = 5) -> Cohort:
    """A cohort without images: `clips` clips of two patients, one human point a clip."""
    ids = [f"clip{i}" for i in range(clips)]
    tables = {
        "clips": table_of("clips", [Clip(c, f"p{i % 2}", f"p{i % 2}", 30, SIZE, frames) for i, c in enumerate(ids)]),
        "frames": table_of("frames", [Frame(c, f, "", f / 30, "", False) for c in ids for f in range(frames)]),
        "points": table_of("points", [PointLabel(clip_id=c, frame=0, x=1.5, y=2.5) for c in ids]),
    }
    meta = CohortMeta("toy", "toy", "1", "none", "none", "1", "0", ".")
    with locked(folder), transaction(folder) as staging:
        write_tables(staging, meta, tables)
    return Cohort(folder)


def test_a_folder_without_a_cohort_is_refused(tmp_path):
    with pytest.raises(BleedkitError, match="holds no cohort"):
        Cohort(tmp_path)


def test_clips_come_in_id_order_and_stream_with_their_rows(tmp_path):
    cohort = make_cohort(tmp_path / "c", clips=11)
    assert list(cohort.clips) == sorted(f"clip{i}" for i in range(11))
    views = list(cohort.stream())
    assert [view.clip.clip_id for view in views] == list(cohort.clips)
    assert [len(view.frames) for view in views] == [5] * 11
    assert all(view.points[0].clip_id == view.clip.clip_id for view in views)


def test_a_correction_supersedes_and_the_old_row_stays(tmp_path):
    cohort = make_cohort(tmp_path / "c")
    old = cohort.points("clip0")[0]
    new = dataclasses.replace(old, x=9.0, review=Review.CORRECTED, annotator="kim", supersedes=old.label_id)
    assert cohort.append(points=[new])["points"] == 1
    assert cohort.points("clip0") == [new]
    assert [row.x for row in cohort.points("clip0", history=True)] == [1.5, 9.0]


def test_appending_the_same_row_again_changes_no_byte(tmp_path):
    cohort = make_cohort(tmp_path / "c")
    row = PointLabel(clip_id="clip1", frame=3, visible=False, annotator="kim")
    assert cohort.append(points=[row, row])["points"] == 1
    before = (tmp_path / "c" / "points.parquet").read_bytes()
    assert cohort.append(points=[row])["points"] == 0
    assert (tmp_path / "c" / "points.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (PointLabel(clip_id="nowhere", frame=0, x=1, y=1), "clip 'nowhere' frame 0 is not in"),
        (PointLabel(clip_id="clip0", frame=5, x=1, y=1), "clip 'clip0' frame 5 is not in"),
        (PointLabel(clip_id="clip0", frame=1, x=1, y=1, provenance="beef"), "names unknown provenance beef"),
        (PointLabel(clip_id="clip0", frame=1, x=1, y=1, supersedes="beef"), "supersedes unknown label beef"),
    ],
)
def test_rows_that_point_nowhere_are_refused_and_nothing_is_written(tmp_path, row, message):
    cohort = make_cohort(tmp_path / "c")
    with pytest.raises(BleedkitError, match=message):
        cohort.append(points=[PointLabel(clip_id="clip0", frame=2, x=1, y=1), row])
    assert len(cohort.points()) == 3


def test_a_human_label_is_trusted_over_pseudo_and_model_and_the_latest_wins(tmp_path):
    run = Provenance.of("pseudolabel", {"preset": "classical"})
    pseudo = PointLabel(clip_id="clip0", frame=1, x=1, y=1, state=LabelState.PSEUDO, provenance=run.id)
    first = PointLabel(clip_id="clip0", frame=1, x=2, y=2, annotator="a")
    second = PointLabel(clip_id="clip0", frame=1, x=3, y=3, annotator="b")
    rejected = dataclasses.replace(second, annotator="c", review=Review.REJECTED)
    assert most_trusted([first, pseudo]) is first
    assert most_trusted([first, second]) is second
    assert most_trusted([first, rejected]) is first
    assert most_trusted([rejected]) is None


def test_onset_is_that_of_the_trusted_label_and_minus_one_means_never(tmp_path):
    cohort = make_cohort(tmp_path / "c")
    cohort.append(onsets=[OnsetLabel(clip_id="clip0", frame=2), OnsetLabel(clip_id="clip1", frame=-1)])
    assert [view.onset_frame for view in cohort.stream()] == [2, None, None]


def test_review_items_of_a_kind_are_replaced_and_others_stay(tmp_path):
    cohort = make_cohort(tmp_path / "c")
    other = Provenance.of("model", {})
    run = Provenance.of("pseudolabel", {"v": 1})
    cohort.append(review=[ReviewItem("clip0", 1, "source", "unsure", other.id)], provenance=[other])
    for reason in ("lost", "hidden"):
        with cohort.change() as change:
            change.append(provenance=[run])
            change.replace_review("pseudolabel", [ReviewItem("clip1", 2, "source", reason, run.id)])
    assert [item.reason for item in cohort.review_items()] == ["unsure", "hidden"]


def test_provenance_id_leaves_out_the_time(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    early = Provenance.of("build", {"a": 1, "b": 2})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    late = Provenance.of("build", {"b": 2, "a": 1})
    assert early.created_utc == "1970-01-01T00:00:00Z"
    assert late.created_utc == "1970-01-02T00:00:00Z"
    assert early.id == late.id


finite = st.floats(-1e6, 1e6)


@given(
    x=finite,
    y=finite,
    confidence=st.one_of(st.floats(0, 1), st.just(math.nan)),
    text=st.text(max_size=20),
    visible=st.booleans(),
    state=st.sampled_from(LabelState),
)
def test_a_point_survives_the_table_to_the_last_bit(x, y, confidence, text, visible, state):
    label = PointLabel(
        clip_id="clip", frame=3, x=x, y=y, confidence=confidence, annotator=text, visible=visible,
        state=state, provenance="run",
    )  # fmt: skip
    table = table_of("points", [label])
    assert table.schema == SCHEMAS["points"]
    back = rows_of("points", table)[0]
    assert back.label_id == label.label_id
    assert (back.x, back.y, back.annotator, back.state) == (x, y, text, state)


def test_every_other_table_survives_as_well():
    rows = {
        "clips": Clip("c", "p", "q", 29.97, SIZE, 7, "a.mp4", "d", "liver", ("smoke", "jitter"), "train"),
        "frames": Frame("c", 3, "a.png", 0.1, "d"),
        "review": ReviewItem("c", 1, "source", "lost", "run", 1.0, 2.0),
        "provenance": Provenance("build", "{}", "0", created_utc="1970-01-01T00:00:00Z"),
    }
    for name, row in rows.items():
        table = table_of(name, [row]) if name != "provenance" else table_of(name, [row]).drop_columns(["id"])
        assert rows_of(name, table) == [row]


KILLED = """
import sys
from pathlib import Path
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.schema import OnsetLabel, PointLabel
cohort = Cohort(sys.argv[1])
print("ready", flush=True)
for i in range(10_000):
    point = PointLabel(clip_id="clip0", frame=1, x=i, y=i)
    cohort.append(points=[point], onsets=[OnsetLabel(clip_id="clip0", frame=0, annotator=str(i))])
"""


@pytest.mark.parametrize("delay", [0.05, 0.11, 0.23, 0.31, 0.47])
def test_a_kill_at_any_instant_leaves_a_whole_cohort(tmp_path, delay):
    cohort = make_cohort(tmp_path / "c")
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(cohort.folder)], stdout=subprocess.PIPE)
    child.stdout.readline()
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    child.wait()
    _both_tables_agree(cohort.folder)


@pytest.mark.parametrize("step", range(12))
def test_a_failure_at_every_single_rename_leaves_old_or_new(tmp_path, monkeypatch, step):
    cohort = make_cohort(tmp_path / "c")
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
            cohort.append(
                points=[PointLabel(clip_id="clip0", frame=1, x=0, y=0)],
                onsets=[OnsetLabel(clip_id="clip0", frame=0, annotator="0")],
            )
        except KeyboardInterrupt:
            assert step < 4  # staging -> .commit, then cohort.json, onsets, points
        else:
            assert step >= 4
    _both_tables_agree(cohort.folder)


def _both_tables_agree(folder: Path) -> None:
    """What one append wrote to two tables is in both or in neither, before and after the next writer."""
    for _ in range(2):
        cohort = Cohort(folder)
        assert len(cohort.points()) - 3 == len(cohort.onsets())
        assert cohort.meta.counts["points"] == len(cohort.points())
        point = PointLabel(clip_id="clip2", frame=1, x=1, y=1)
        cohort.append(onsets=[OnsetLabel(clip_id="clip2", frame=1)], points=[point])


def test_a_table_without_its_columns_is_told_and_others_columns_are_left_alone(tmp_path):
    cohort = make_cohort(tmp_path / "c")
    path = cohort.folder / "points.parquet"
    table = pq.read_table(path)
    pq.write_table(table.append_column("mine", [list(range(len(table)))]), path)
    assert cohort.table("points").schema == SCHEMAS["points"]
    pq.write_table(table.drop_columns(["x", "label_id"]), path)
    for read in (lambda: cohort.table("points"), lambda: list(cohort.stream())):
        with pytest.raises(BleedkitError, match=r"points\.parquet has no column x, label_id"):
            read()


def test_a_row_that_breaks_the_model_is_told_in_one_line(tmp_path):
    cohort = make_cohort(tmp_path / "c")
    path = cohort.folder / "points.parquet"
    table = pq.read_table(path)
    at = table.column_names.index("state")
    pq.write_table(table.set_column(at, "state", [["guessed"] * len(table)]), path)
    with pytest.raises(BleedkitError, match="table points: 'guessed' is not a valid LabelState; list every fault"):
        cohort.points()
