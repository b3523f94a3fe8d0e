"""Compaction: supersedes its own, never a person's; what is no longer trusted is retired."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from bleedkit.datasets.cohort import Cohort, CohortMeta, most_trusted, write_tables
from bleedkit.datasets.schema import Clip, Frame, ImageSize, LabelState, PointLabel, Provenance, Review
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction
from bleedkit.pseudolabel.compact import compact
from bleedkit.pseudolabel.densify import DenseTrack
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
    (segment,) = segments_of(CLIP, range(5), [PointLabel(clip_id="c", frame=f, x=1, y=1) for f in (0, 4)], horizon=0)
    xy = np.full((3, 2), x)
    track = DenseTrack(
        segment.inner, xy, np.tile(np.eye(2), (3, 1, 1)), np.ones(3, bool), np.full(3, 0.9), reasons, xy, xy
    )
    return [(segment, track)]


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
