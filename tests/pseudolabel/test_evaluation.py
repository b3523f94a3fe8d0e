"""An evaluation of real pixels: labels hidden by the rule, nothing written, the same bytes however it is run."""

import json
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import PointLabel, Review
from bleedkit.pseudolabel.accuracy import ENGINE, HOLD_STILL, LINEAR, RAW
from bleedkit.pseudolabel.evaluation import EXACT, HIDDEN, choose_clips, evaluate_pseudolabels
from bleedkit.pseudolabel.evaluation_clip import hide_labels
from bleedkit.pseudolabel.evaluation_files import evaluation_document, write_evaluation
from bleedkit.pseudolabel.evaluation_pictures import worst_kept
from bleedkit.pseudolabel.evaluation_text import evaluation_text
from bleedkit.pseudolabel.presets import preset_config
from bleedkit.pseudolabel.segments import Anchor

CONFIG = preset_config("classical")


def point(frame, *, target="source", visible=True, **more):
    xy = {"x": float(frame), "y": 2.0} if visible else {}
    return PointLabel(clip_id="c", frame=frame, target=target, visible=visible, **xy, **more)


def test_every_second_label_of_each_target_is_shown():
    points = [point(f) for f in (0, 30, 60, 90)] + [point(f, target="b") for f in (30, 60, 75)]
    shown, hidden = hide_labels(points, range(100), 2)
    assert [(p.target, p.frame) for p in shown] == [("b", 30), ("b", 75), ("source", 0), ("source", 60)]
    assert {target: list(labels) for target, labels in hidden.items()} == {"b": [60], "source": [30, 90]}
    assert hidden["source"][30] == Anchor(30, (30.0, 2.0))


def test_the_phase_says_which_labels_are_shown():
    shown, hidden = hide_labels([point(f) for f in (0, 30, 60, 90)], range(100), 2, phase=1)
    assert [p.frame for p in shown] == [30, 90]
    assert list(hidden["source"]) == [0, 60]


def test_several_people_are_one_label_and_not_visible_is_one_too():
    points = [
        point(0, annotator="a"), point(0, annotator="b"), point(10, visible=False), point(20), point(30),
        point(15, review=Review.REJECTED), point(99),
    ]  # fmt: skip
    shown, hidden = hide_labels(points, range(40), 3)
    assert [p.frame for p in shown] == [0, 0, 30], "a rejected label and one without image do not count"
    assert hidden == {"source": {10: Anchor(10, None), 20: Anchor(20, (20.0, 2.0))}}
    assert hide_labels(points, range(40), 0)[1] == {}


@pytest.fixture(scope="module")
def exact(texture):
    return evaluate_pseudolabels(Cohort(texture / "cohort", texture / "clips"), CONFIG, name="classical")


def test_every_seen_frame_between_labels_is_scored_against_truth(exact):
    frames = exact.frames
    assert exact.reference == EXACT
    assert set(np.unique(frames.frame)) <= set(range(1, 40)) - {30}, "labels are at 0, 30 and 40"
    assert len(frames) == exact.overall.frames > 50
    assert sorted(set(frames.gap.tolist())) == [10, 30]
    ways = exact.overall.ways
    assert set(ways) == {HOLD_STILL, LINEAR, RAW, "paper", "bridge", ENGINE}
    assert all(scores["all"].px.n == len(frames) for scores in ways.values()), "the same frames for every way"
    assert ways[ENGINE]["kept"].px.mean < 0.5 * ways[LINEAR]["kept"].px.mean < ways[HOLD_STILL]["kept"].px.mean
    assert set(exact.gaps) == {"1 to 15", "16 to 30"}
    assert sum(group.frames for group in exact.gaps.values()) == len(frames)


def test_hiding_widens_the_gaps_and_scores_the_same_truth(texture):
    hidden = evaluate_pseudolabels(
        Cohort(texture / "cohort", texture / "clips"), CONFIG, name="classical", hide=2, clips=1
    )
    assert hidden.reference == EXACT
    assert set(hidden.frames.gap.tolist()) == {40}
    assert 30 in hidden.frames.frame, "where a label was hidden the truth is known as well"


def test_with_exact_labels_the_annotators_errors_are_gone(texture, monkeypatch):
    points = Cohort.points

    def off(self, clip_id=None):
        return [p if p.x is None else replace(p, x=p.x + 8) for p in points(self, clip_id)]

    monkeypatch.setattr(Cohort, "points", off)
    cohort = Cohort(texture / "cohort", texture / "clips")
    human, exact = (
        evaluate_pseudolabels(cohort, CONFIG, name="classical", clips=1, exact_labels=asked) for asked in (False, True)
    )
    np.testing.assert_array_equal(human.frames.frame, exact.frames.frame)
    assert human.overall.ways[ENGINE]["all"].px.median > 6
    assert exact.overall.ways[ENGINE]["all"].px.median < 1
    document = evaluation_document(exact)
    assert (document["labels"], document["phase"]) == ("exact", 0)


def test_a_label_that_repeats_the_one_before_is_named_and_scored_apart(texture, monkeypatch):
    cohort = Cohort(texture / "cohort", texture / "clips")
    first = {(p.clip_id, p.target): p for p in cohort.points() if p.frame == 0 and p.visible}
    later = next(p for p in cohort.points() if p.frame == 30 and p.visible and (p.clip_id, p.target) in first)
    same = first[later.clip_id, later.target]
    points = [replace(p, x=same.x, y=same.y) if p == later else p for p in cohort.points()]
    monkeypatch.setattr(Cohort, "points", lambda _, clip=None: [p for p in points if clip in (None, p.clip_id)])
    found = evaluate_pseudolabels(cohort, CONFIG, name="classical")
    (copy,) = found.copies
    assert (copy.clip_id, copy.target, copy.frame, copy.of) == (later.clip_id, later.target, 30, 0)
    rest = (found.frames.clip != copy.clip_id) | (found.frames.target != copy.target)
    assert found.without_copies.frames == rest.sum() < len(found.frames), "both gaps of the target end on the copy"
    assert evaluation_document(found)["copied_labels"][0]["frame"] == 30
    said = evaluation_text(found)
    assert f"the label of {copy.target} in frame 30 repeats frame 0's to the pixel" in said
    assert f"Without the {len(found.frames) - rest.sum()} frames that rest on them" in said


def test_without_truth_the_hidden_labels_are_the_reference(texture, cohort, tmp_path):
    media = tmp_path / "clips"
    shutil.copytree(texture / "clips", media, ignore=shutil.ignore_patterns("truth.npz"))
    bare = Cohort(cohort.folder, media)
    found = evaluate_pseudolabels(bare, CONFIG, name="classical", hide=2)
    assert found.reference == HIDDEN
    assert set(found.frames.frame.tolist()) == {30}
    seen = Counter((p.clip_id, p.target) for p in bare.points() if p.visible)
    assert len(found.frames) == sum(n == 3 for n in seen.values()) > 0, "visible at 0, 30 and 40"
    with pytest.raises(BleedkitError, match="--hide 2"):
        evaluate_pseudolabels(bare, CONFIG, name="classical")
    with pytest.raises(BleedkitError, match="has no exact truth for its target"):
        evaluate_pseudolabels(bare, CONFIG, name="classical", hide=2, exact_labels=True)
    with pytest.raises(BleedkitError, match="--hide 3 hides is between"):
        evaluate_pseudolabels(bare, CONFIG, name="classical", hide=3)


def test_the_files_hold_all_of_it_and_the_cohort_is_untouched(texture, cohort, exact, tmp_path):
    before = {path: path.read_bytes() for path in cohort.folder.rglob("*") if path.is_file()}
    again = evaluate_pseudolabels(cohort, CONFIG, name="classical", workers=2)
    first, second = (write_evaluation(one, tmp_path / name).parent for one, name in ((exact, "a"), (again, "b")))
    for name in ("evaluation.html", "evaluation.json", "frames.parquet"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), "two workers give the same bytes"
    assert {path: path.read_bytes() for path in cohort.folder.rglob("*") if path.is_file()} == before

    rows = pq.read_table(first / "frames.parquet")
    document = json.loads((first / "evaluation.json").read_text())
    engine = document["overall"]["ways"][ENGINE]
    assert np.mean(rows[f"distance_{ENGINE}"].to_numpy()) == pytest.approx(engine["all"]["clip_px"]["mean"])
    assert sum(rows["kept"].to_pylist()) == document["overall"]["kept"]
    assert document["overall"]["ways"][LINEAR]["all"]["calibration"] == {
        "n": 0, "coverage_50%": None, "coverage_90%": None, "coverage_95%": None, "nees": None
    }  # fmt: skip
    assert str(texture) not in (first / "evaluation.json").read_text()
    page = (first / "evaluation.html").read_text()
    assert "http" not in page, "self-contained"
    assert "patient-" not in page
    assert page.count("<figure") == len(worst_kept(exact.frames))


def test_the_worst_kept_frames_are_one_a_gap_and_kept(exact):
    worst = worst_kept(exact.frames)
    assert worst.kept.all()
    assert 0 < len(worst) <= 8, "two clips of two targets in two gaps"
    distance = worst.distance[ENGINE]
    assert (np.diff(distance) <= 0).all()
    assert distance[0] == exact.frames.distance[ENGINE][exact.frames.kept].max()


def test_an_unreadable_clip_is_named_and_the_rest_is_scored(texture, tmp_path):
    shutil.copytree(texture, tmp_path / "t")
    clip = sorted((tmp_path / "t" / "clips" / "tissue").iterdir())[0]
    (clip / "clip.mp4").write_bytes(b"no video")
    cohort = Cohort(tmp_path / "t" / "cohort", tmp_path / "t" / "clips")
    found = evaluate_pseudolabels(cohort, CONFIG, name="classical")
    assert list(found.failed) == [next(iter(cohort.clips))]
    assert set(found.frames.clip.tolist()) == {list(cohort.clips)[1]}
    page = write_evaluation(found, tmp_path / "out").read_text()
    assert f"clip {next(iter(cohort.clips))} was left out" in page


def test_clips_are_chosen_evenly_and_by_scenario(cohort):
    first, second = cohort.clips.values()
    assert choose_clips(cohort, None, ()) == [first, second]
    assert choose_clips(cohort, 1, ()) == [first]
    known = sorted({name for clip in (first, second) for name in clip.scenarios})
    with pytest.raises(BleedkitError, match=known[0]):
        choose_clips(cohort, None, ["no such scenario"])
