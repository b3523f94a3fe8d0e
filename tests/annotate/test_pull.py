"""Pull: a reviewer's changes come back as new rows, once, and nothing anybody did is lost."""

import dataclasses
import math

import numpy as np
import pytest

from bleedkit.annotate import pull as pull_module
from bleedkit.annotate.pull import pull_labels
from bleedkit.annotate.push import push_cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import LabelState, PointLabel, Review
from bleedkit.datasets.split import Split, save_split


@pytest.fixture
def pushed(cohort, name):
    """The dataset of `cohort` as FiftyOne loads it."""
    push_cohort(cohort, name)
    return load(name)


def load(name):
    import fiftyone as fo

    dataset = fo.load_dataset(name)
    dataset.reload()
    return dataset


def sample_of(dataset, clip_id, frame):
    return dataset.match({"clip_id": clip_id, "frame_number": frame}).first()


def pulled(cohort, dataset, reviewer="kim"):
    """What a pull brings, checked to be all of it: a second one and a push find nothing left to do."""
    result = pull_labels(cohort, dataset.name, reviewer=reviewer)
    again = pull_labels(cohort, dataset.name, reviewer=reviewer)
    assert (again.accepted, again.corrected, again.rejected, again.added) == (0, 0, 0, 0)
    assert [conflict for conflict in again.conflicts if conflict.taken] == []
    assert push_cohort(cohort, dataset.name).updated == 0
    return result


def totals(result):
    return result.accepted, result.corrected, result.rejected, result.added


def test_an_untouched_dataset_brings_nothing(cohort, pushed):
    before = (cohort.folder / "points.parquet").read_bytes()
    assert totals(pulled(cohort, pushed)) == (0, 0, 0, 0)
    assert (cohort.folder / "points.parquet").read_bytes() == before
    assert len(cohort.provenance()) == 1


def test_a_moved_point_becomes_a_corrected_human_label_and_the_old_row_stays(cohort, pushed):
    old = cohort.points("clip0")[1]
    sample = sample_of(pushed, "clip0", 1)
    sample.points.keypoints[0].points = [(0.25, 0.5)]
    sample.save()
    result = pulled(cohort, pushed)
    assert totals(result) == (0, 1, 0, 0)
    assert (result.points, result.masks, result.onsets) == (1, 0, 0)
    new = cohort.points("clip0")[1]
    assert (new.x, new.y) == (16.0, 24.0)  # 0.25 * 64, 0.5 * 48
    assert (new.state, new.review, new.annotator) == (LabelState.HUMAN, Review.CORRECTED, "kim")
    assert new.supersedes == old.label_id
    assert math.isnan(new.confidence)  # the old confidence and covariance were of the old place
    assert math.isnan(new.var_x)
    assert old in cohort.points("clip0", history=True)
    run = cohort.provenance()[new.provenance]
    assert (run.kind, '"reviewer":"kim"' in run.config_json) == ("review", True)
    shown = sample_of(load(pushed.name), "clip0", 1).points.keypoints[0]
    assert (shown.label_id, shown.state, shown.points) == (new.label_id, "human", [[0.25, 0.5]])


def test_a_hidden_point_keeps_no_place(cohort, pushed):
    one, two = sample_of(pushed, "clip0", 0), sample_of(pushed, "clip0", 1)
    one.points.keypoints[0].visible = False
    two.points.keypoints[0].points = [(float("nan"), float("nan"))]
    one.save()
    two.save()
    assert totals(pulled(cohort, pushed)) == (0, 2, 0, 0)
    assert [label.visible for label in cohort.points("clip0")] == [False, False, False]
    assert all(math.isnan(label.x) for label in cohort.points("clip0"))


def test_tags_on_labels_and_on_samples_judge(cohort, pushed):
    one, two = sample_of(pushed, "clip0", 0), sample_of(pushed, "clip0", 1)
    one.tags.append("accepted")  # its point and its mask
    two.points.keypoints[0].tags.append("rejected")
    one.save()
    two.save()
    assert totals(pulled(cohort, pushed)) == (2, 0, 1, 0)
    first, second, _ = cohort.points("clip0")
    assert (first.review, first.state, first.x) == (Review.ACCEPTED, LabelState.HUMAN, 16)
    assert (second.review, second.state, second.x) == (Review.REJECTED, LabelState.PSEUDO, 32.5)
    assert cohort.masks("clip0")[0].review is Review.ACCEPTED
    dataset = load(pushed.name)
    assert sample_of(dataset, "clip0", 0).tags == []
    assert sample_of(dataset, "clip0", 1).points is None


def test_accepting_the_onset_frame_accepts_the_onset(cohort, pushed):
    sample = sample_of(pushed, "clip1", 1)
    sample.tags.append("accepted")
    sample.save()
    result = pulled(cohort, pushed)
    assert totals(result) == (2, 0, 0, 0)
    assert (result.points, result.onsets) == (1, 1)
    assert cohort.onsets("clip1")[0].review is Review.ACCEPTED


def test_the_review_attribute_says_the_same_as_a_tag(cohort, pushed):
    sample = sample_of(pushed, "clip0", 1)
    sample.points.keypoints[0].review = "accepted"
    sample.save()
    assert totals(pulled(cohort, pushed)) == (1, 0, 0, 0)
    label = cohort.points("clip0")[1]
    assert (label.review, label.state, label.confidence) == (Review.ACCEPTED, LabelState.PSEUDO, 0.75)


def test_deleted_labels_are_rejected_and_new_ones_are_human(cohort, pushed):
    import fiftyone as fo

    one, two, three = (sample_of(pushed, "clip0", frame) for frame in (0, 1, 3))
    one.regions = None
    one.points.keypoints.append(fo.Keypoint(label="second", points=[(0.5, 0.5)]))
    two.points = None
    three.points = fo.Keypoints(keypoints=[fo.Keypoint(points=[(0.75, 0.75)])])
    for sample in (one, two, three):
        sample.save()
    assert totals(pulled(cohort, pushed)) == (0, 0, 2, 2)
    assert cohort.masks("clip0")[0].review is Review.REJECTED
    rows = {(label.frame, label.target): label for label in cohort.points("clip0")}
    assert rows[1, "source"].review is Review.REJECTED
    assert (rows[0, "second"].x, rows[0, "second"].y) == (32, 24)
    assert (rows[3, "source"].x, rows[3, "source"].state) == (48, LabelState.HUMAN)
    assert not sample_of(load(pushed.name), "clip0", 3).needs_review


def test_a_copied_point_is_a_new_one(cohort, pushed):
    sample = sample_of(pushed, "clip0", 0)
    copy = sample.points.keypoints[0].copy()
    copy.points = [(0.5, 0.5)]
    sample.points.keypoints.append(copy)
    sample.save()
    assert totals(pulled(cohort, pushed)) == (0, 0, 0, 1)
    assert sorted(label.x for label in cohort.points("clip0") if label.frame == 0) == [16, 32]


def test_the_onset_moves_and_goes(cohort, pushed):
    pushed.match({"clip_id": "clip0"}).set_values("onset", [False, False, True, False])
    pushed.match({"clip_id": "clip1"}).set_values("onset", [False, False, False, False])
    result = pulled(cohort, pushed)
    assert totals(result) == (0, 1, 1, 0)
    assert result.onsets == 2
    assert [(onset.frame, onset.review) for onset in cohort.onsets("clip0")] == [(2, Review.CORRECTED)]
    assert [(onset.frame, onset.review) for onset in cohort.onsets("clip1")] == [(1, Review.REJECTED)]
    assert load(pushed.name).match({"clip_id": "clip0"}).values("frames_from_onset") == [-2, -1, 0, 1]


def test_a_painted_mask_becomes_a_file_of_its_own(cohort, pushed):
    import fiftyone as fo

    mask = np.zeros((48, 64), np.uint8)
    mask[30:40, 5:9] = 255
    one, two = sample_of(pushed, "clip0", 0), sample_of(pushed, "clip0", 2)
    one.regions.mask = mask
    two.regions = fo.Segmentation(mask=mask)
    one.save()
    two.save()
    assert totals(pulled(cohort, pushed)) == (0, 1, 0, 1)
    corrected, added = cohort.masks("clip0")
    assert (corrected.frame, corrected.review, added.frame) == (0, Review.CORRECTED, 2)
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(corrected)), mask > 0)
    assert sample_of(load(pushed.name), "clip0", 2).regions.mask_path == str(cohort.mask_path(added).resolve())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: setattr(s.points.keypoints[0], "points", [(1.5, 0.5)]), "must lie inside 64x48, got (96.0, 24.0)"),
        (lambda s: setattr(s.points.keypoints[0], "points", [(0.1, 0.1), (0.2, 0.2)]), "one vertex, got 2"),
        (lambda s: setattr(s.points.keypoints[0], "label_id", "beef"), "names label beef"),
        (lambda s: setattr(s.points.keypoints[0], "review", "fine"), "review must be one of"),
        (lambda s: setattr(s.points.keypoints[0], "annotator", "me"), "a label row cannot hold"),
        (lambda s: s.tags.extend(["accepted", "rejected"]), "both accepted and rejected"),
        (lambda s: setattr(s.regions, "mask", np.ones((4, 4), np.uint8)), "must be 64x48 like its frame"),
    ],
)
def test_what_no_row_can_hold_is_told_and_stays_in_the_dataset(cohort, pushed, change, told):
    sample = sample_of(pushed, "clip0", 0)
    change(sample)
    sample.save()
    rows = len(cohort.points("clip0", history=True))
    for _ in range(2):
        result = pull_labels(cohort, pushed.name, reviewer="kim")
        assert any(told in conflict.what and not conflict.taken for conflict in result.conflicts), result.conflicts
    push_cohort(cohort, pushed.name)
    kept = sample_of(load(pushed.name), "clip0", 0)
    assert _shown(kept) == _shown(sample)
    assert len(cohort.points("clip0", history=True)) == rows


def _shown(sample):
    return repr([sample.points.to_dict(), sample.regions.to_dict(), sample.tags])


def test_two_new_onsets_are_one_conflict_a_frame(cohort, pushed):
    pushed.match({"clip_id": "clip0"}).set_values("onset", [True, False, True, False])
    result = pull_labels(cohort, pushed.name, reviewer="kim")
    assert {conflict.frame for conflict in result.conflicts} == {0, 1, 2}
    assert cohort.onsets("clip0")[0].frame == 1


def test_a_label_changed_elsewhere_meanwhile_keeps_both_rows_and_is_told(cohort, pushed):
    old = cohort.points("clip0")[0]
    sample = sample_of(pushed, "clip0", 0)
    sample.points.keypoints[0].points = [(0.5, 0.5)]
    sample.save()
    other = dataclasses.replace(old, x=20.0, annotator="lou", review=Review.CORRECTED, supersedes=old.label_id)
    cohort.append(points=[other])
    result = pulled(cohort, pushed)
    assert [conflict.taken for conflict in result.conflicts] == [True]
    assert {label.annotator for label in cohort.points("clip0") if label.frame == 0} == {"lou", "kim"}
    assert len(sample_of(load(pushed.name), "clip0", 0).points.keypoints) == 2


def test_a_change_made_while_pulling_is_left_for_the_next_pull(cohort, pushed, monkeypatch):
    sample = sample_of(pushed, "clip0", 0)
    sample.points.keypoints[0].points = [(0.5, 0.5)]
    sample.save()
    append = pull_module._append

    def meanwhile(*args):
        append(*args)
        sample.points.keypoints[0].points = [(0.75, 0.75)]
        sample.save()

    with monkeypatch.context() as patch:
        patch.setattr(pull_module, "_append", meanwhile)
        assert totals(pull_labels(cohort, pushed.name, reviewer="kim")) == (0, 1, 0, 0)
    assert sample_of(load(pushed.name), "clip0", 0).points.keypoints[0].points == [[0.75, 0.75]]
    result = pulled(cohort, pushed)
    assert totals(result) == (0, 1, 0, 0)
    assert {(label.x, label.y) for label in cohort.points("clip0") if label.frame == 0} == {(32, 24), (48, 36)}


def test_a_pull_killed_after_appending_is_finished_by_the_next(cohort, pushed, monkeypatch):
    sample = sample_of(pushed, "clip0", 0)
    sample.points.keypoints[0].points = [(0.5, 0.5)]
    sample.save()

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pull_module, "_renew", killed)
        with pytest.raises(KeyboardInterrupt):
            pull_labels(cohort, pushed.name, reviewer="kim")
    rows = len(cohort.points(history=True))
    assert totals(pulled(cohort, pushed)) == (0, 0, 0, 0)
    assert len(cohort.points(history=True)) == rows
    assert sample_of(load(pushed.name), "clip0", 0).points.keypoints[0].review == "corrected"


def test_the_tags_of_the_pushed_split_survive_a_pull(cohort, name):
    save_split(cohort, Split("official", "given", cohort.digest, [{"p0": "train", "p1": "test"}]))
    push_cohort(cohort, name, split="official")
    sample = sample_of(load(name), "clip0", 0)
    sample.tags += ["accepted", "nice"]
    sample.save()
    pull_labels(cohort, name, reviewer="kim")
    assert sorted(sample_of(load(name), "clip0", 0).tags) == ["nice", "train"]


def test_a_second_reviewer_builds_on_the_first(cohort, pushed):
    for who, place in (("kim", 0.5), ("lou", 0.75)):
        sample = sample_of(load(pushed.name), "clip0", 0)
        sample.points.keypoints[0].points = [(place, 0.5)]
        sample.save()
        assert totals(pulled(cohort, pushed, who)) == (0, 1, 0, 0)
    history = [label.annotator for label in cohort.points("clip0", history=True) if label.frame == 0]
    assert history == ["lee", "kim", "lou"]
    assert [label.x for label in cohort.points("clip0") if label.frame == 0] == [48]


def test_new_labels_in_the_cohort_do_not_look_like_a_reviewers_work(cohort, pushed):
    cohort.append(points=[PointLabel(clip_id="clip0", frame=3, x=1, y=1)])
    assert totals(pull_labels(cohort, pushed.name, reviewer="kim")) == (0, 0, 0, 0)


def test_who_and_what_must_be_known(cohort, pushed):
    with pytest.raises(BleedkitError, match="a reviewer needs a name"):
        pull_labels(cohort, pushed.name, reviewer=" ")
    with pytest.raises(BleedkitError, match="has no dataset 'nowhere'"):
        pull_labels(cohort, "nowhere", reviewer="kim")
