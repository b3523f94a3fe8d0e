"""Push: what lands in FiftyOne, what a second push changes, and what it never touches."""

import dataclasses
import math
import os
import signal
import subprocess
import sys
import time

import pytest

from bleedkit.annotate import push
from bleedkit.annotate.push import push_cohort
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import PointLabel, Provenance, Review
from bleedkit.datasets.split import Split, save_split

RUN_ID = Provenance("pseudolabel", '{"preset":"classical"}', "0").id


def load(name):
    import fiftyone as fo

    dataset = fo.load_dataset(name)
    dataset.reload()
    return dataset


def sample_of(dataset, clip_id, frame):
    return dataset.match({"clip_id": clip_id, "frame_number": frame}).first()


def counts(result):
    return result.inserted, result.updated, result.unchanged, result.kept


def test_one_sample_a_frame_with_everything_known_about_it(cohort, name):
    result = push_cohort(cohort, name)
    assert counts(result) == (8, 0, 0, 0)
    dataset = load(name)
    assert dataset.persistent
    assert dataset.media_type == "image"
    sample = sample_of(dataset, "clip1", 1)
    assert sample.filepath == str(cohort.media_root / "clip1/000001.png")
    assert (sample.patient_id, sample.site, sample.timestamp_s) == ("p1", "liver", 0.5)
    assert (sample.onset, sample.frames_from_onset) == (True, 0)
    assert sample_of(dataset, "clip1", 3).frames_from_onset == 2
    (point,) = sample.points.keypoints
    assert point.points == [[32.5 / 64, 24.25 / 48]]
    assert (point.label, point.state, point.review, point.visible) == ("source", "pseudo", "unreviewed", True)
    assert point.confidence == [0.75]
    assert point.sigma_px == 3.0  # sqrt((9 + 9) / 2)
    assert (sample.metadata.width, sample.metadata.height) == (64, 48)


def test_hidden_points_masks_and_frames_to_review(cohort, name):
    push_cohort(cohort, name)
    dataset = load(name)
    (hidden,) = sample_of(dataset, "clip0", 2).points.keypoints
    assert not hidden.visible
    assert all(math.isnan(value) for value in hidden.points[0])
    region = sample_of(dataset, "clip0", 0).regions
    assert region.mask_path == str(cohort.folder / "masks/a.png")
    assert (region.state, region.target) == ("human", "region")
    asked = sample_of(dataset, "clip0", 3)
    assert asked.needs_review
    assert asked.review_reasons == ["lost"]
    assert asked.guesses.keypoints[0].points == [[40 / 64, 30 / 48]]
    assert dataset.count_values("needs_review") == {False: 6, True: 2}


def test_documents_are_those_that_fiftyone_itself_writes(cohort, name):
    """The same two frames made with FiftyOne's own classes and add_samples; ids and times aside."""
    import fiftyone as fo

    push_cohort(cohort, name)
    theirs = fo.Dataset(f"{name}-public")
    try:
        for frame in (0, 3):
            theirs.add_sample(_public_sample(fo, cohort, frame), dynamic=True)
        public = [_plain(doc) for doc in theirs._sample_collection.find()]
        mine = load(name)._sample_collection
        ours = [_plain(mine.find_one({"clip_id": "clip0", "frame_number": frame})) for frame in (0, 3)]
        assert ours == public
        ours_schema = load(name).get_field_schema(flat=True)
        for path, field in theirs.get_field_schema(flat=True).items():
            assert type(ours_schema[path]) is type(field), path
    finally:
        theirs.delete()


def _public_sample(fo, cohort, frame):
    common = {
        "filepath": str(cohort.media_root / f"clip0/{frame:06d}.png"),
        "metadata": fo.ImageMetadata(width=64, height=48, num_channels=3),
        "clip_id": "clip0", "patient_id": "p0", "procedure_id": "p0", "site": "liver", "scenarios": [],
        "frame_number": frame, "timestamp_s": frame / 2, "onset": False, "frames_from_onset": frame - 1,
    }  # fmt: skip
    if frame == 3:
        guess = fo.Keypoint(label="source", points=[(40 / 64, 30 / 48)], reason="lost", provenance=RUN_ID)
        return fo.Sample(
            **common, guesses=fo.Keypoints(keypoints=[guess]), needs_review=True, review_reasons=["lost"],
            states=[], reviews=[],
        )  # fmt: skip
    point, mask = cohort.points("clip0")[0], cohort.masks("clip0")[0]
    said = {"state": "human", "review": "unreviewed", "provenance": ""}
    keypoint = fo.Keypoint(
        label="source", points=[(0.25, 0.25)], label_id=point.label_id, annotator="lee", visible=True, sigma_px=None,
        **said,
    )  # fmt: skip
    region = fo.Segmentation(
        mask_path=str(cohort.folder / "masks/a.png"), label_id=mask.label_id, annotator="", target="region",
        confidence=None, **said,
    )  # fmt: skip
    return fo.Sample(
        **common, points=fo.Keypoints(keypoints=[keypoint]), regions=region, needs_review=False, review_reasons=[],
        states=["human"], reviews=["unreviewed"],
    )  # fmt: skip


def _plain(doc):
    """A document without ids, times and our own record, keys sorted at every level."""
    if isinstance(doc, dict):
        mine = {"_id", "_dataset_id", "_rand", "created_at", "last_modified_at", "pushed"}
        return {key: _plain(doc[key]) for key in sorted(doc.keys() - mine)}
    return [_plain(inner) for inner in doc] if isinstance(doc, list) else doc


def test_every_attribute_can_be_filtered_and_the_app_shows_masks_at_once(cohort, name):
    push_cohort(cohort, name)
    dataset = load(name)
    from fiftyone import ViewField as F

    assert dataset.filter_labels("points", F("state") == "pseudo").count("points.keypoints") == 2
    assert {"points", "regions"} <= set(dataset.app_config.active_fields.paths)
    assert dataset.get_field("points.keypoints.provenance") is not None
    assert any("clip_id_1_frame_number_1" in index for index in dataset.list_indexes())


def test_saved_views_per_clip_and_split_and_grouped(cohort, name):
    save_split(cohort, Split("official", "given", cohort.digest, [{"p0": "train", "p1": "test"}]))
    push_cohort(cohort, name, split="official")
    dataset = load(name)
    assert len(dataset.load_saved_view("clip clip1")) == 4
    assert len(dataset.load_saved_view("split official: train")) == 4
    assert len(dataset.load_saved_view("needs review")) == 2
    grouped = dataset.load_saved_view("grouped by clip")
    assert len(grouped) == 2
    assert [sample.frame_number for sample in grouped.get_dynamic_group("clip0")] == [0, 1, 2, 3]
    assert dataset.count_sample_tags() == {"train": 4, "test": 4}


def test_a_second_push_changes_nothing_not_even_a_time(cohort, name):
    push_cohort(cohort, name)
    before = load(name).values("last_modified_at")
    result = push_cohort(cohort, name)
    assert counts(result) == (0, 0, 8, 0)
    assert result.saved_views == 0
    assert load(name).values("last_modified_at") == before


def test_only_what_changed_in_the_cohort_is_written(cohort, name):
    push_cohort(cohort, name)
    old = cohort.points("clip0")[0]
    cohort.append(points=[dataclasses.replace(old, x=20.0, supersedes=old.label_id, review=Review.CORRECTED)])
    assert counts(push_cohort(cohort, name)) == (0, 1, 7, 0)
    sample = sample_of(load(name), "clip0", 0)
    assert [point.points for point in sample.points.keypoints] == [[[20 / 64, 0.25]]]
    assert sample.reviews == ["corrected", "unreviewed"]


def test_a_new_split_and_a_second_mask_reach_the_samples(cohort, name):
    push_cohort(cohort, name)
    mask = cohort.masks("clip0")[0]
    cohort.append(masks=[dataclasses.replace(mask, annotator="kim"), dataclasses.replace(mask, target="Tool tip")])
    save_split(
        cohort, Split("k", "kfold", cohort.digest, [{"p0": "test", "p1": "train"}, {"p0": "train", "p1": "test"}])
    )
    assert counts(push_cohort(cohort, name, split="k")) == (0, 8, 0, 0)
    sample = sample_of(load(name), "clip0", 0)
    assert (sample.split_k, sample.tags) == ("fold0", ["fold0"])
    assert {sample.regions.annotator, sample.regions_2.annotator} == {"", "kim"}
    assert sample.regions_tool_tip.target == "Tool tip"


def test_reviewers_changes_and_user_tags_survive_a_push(cohort, name):
    push_cohort(cohort, name)
    dataset = load(name)
    moved, tagged = sample_of(dataset, "clip0", 0), sample_of(dataset, "clip1", 0)
    moved.points.keypoints[0].points = [(0.5, 0.5)]
    moved.save()
    tagged.tags += ["nice", "test"]  # `test` by the user's own hand
    tagged.points.keypoints[0].tags.append("look again")
    tagged.save()
    for clip_id in ("clip0", "clip1"):
        old = cohort.points(clip_id)[0]
        cohort.append(points=[dataclasses.replace(old, x=20.0, supersedes=old.label_id)])
    assert counts(push_cohort(cohort, name)) == (0, 1, 6, 1)
    dataset = load(name)
    assert sample_of(dataset, "clip0", 0).points.keypoints[0].points == [[0.5, 0.5]]
    sample = sample_of(dataset, "clip1", 0)
    assert sample.points.keypoints[0].points == [[20 / 64, 0.25]]
    assert sample.points.keypoints[0].tags == ["look again"]
    assert sample.tags == ["nice", "test"]


def test_a_change_made_between_reading_and_writing_survives(cohort, name, monkeypatch):
    push_cohort(cohort, name)
    sample = sample_of(load(name), "clip0", 0)
    old = cohort.points("clip0")[0]
    cohort.append(points=[dataclasses.replace(old, x=20.0, supersedes=old.label_id)])
    write = push.update_samples

    def meanwhile(dataset, updates):
        sample.points.keypoints[0].points = [(0.5, 0.5)]
        sample.save()
        return write(dataset, updates)

    monkeypatch.setattr(push, "update_samples", meanwhile)
    assert counts(push_cohort(cohort, name)) == (0, 0, 7, 1)
    assert sample_of(load(name), "clip0", 0).points.keypoints[0].points == [[0.5, 0.5]]


def test_the_users_own_fields_samples_and_views_stay(cohort, name):
    import fiftyone as fo

    push_cohort(cohort, name)
    dataset = load(name)
    dataset.add_sample(fo.Sample(filepath="/elsewhere.jpg"))
    dataset.set_values("my_note", ["x"] * 9)
    dataset.save_view("mine", dataset.limit(1))
    dataset.compute_metadata(overwrite=True, skip_failures=True)
    assert counts(push_cohort(cohort, name)) == (0, 0, 8, 0)
    dataset = load(name)
    assert len(dataset) == 9
    assert dataset.has_saved_view("mine")
    assert set(dataset.values("my_note")) == {"x"}


def test_rejected_labels_are_not_drawn_and_a_judged_frame_needs_no_review(cohort, name):
    old = cohort.points("clip0")[0]
    cohort.append(
        points=[
            dataclasses.replace(old, review=Review.REJECTED, supersedes=old.label_id),
            PointLabel(clip_id="clip0", frame=3, x=40, y=30, review=Review.ACCEPTED),
        ]
    )
    push_cohort(cohort, name)
    dataset = load(name)
    assert sample_of(dataset, "clip0", 0).points is None
    assert "rejected" in sample_of(dataset, "clip0", 0).reviews
    assert not sample_of(dataset, "clip0", 3).needs_review


def test_another_cohorts_or_a_strangers_dataset_is_refused(make_cohort, name):
    import fiftyone as fo

    push_cohort(make_cohort(name="one"), name)
    with pytest.raises(BleedkitError, match="holds cohort 'one', not 'two'"):
        push_cohort(make_cohort(name="two"), name)
    fo.delete_dataset(name)
    fo.Dataset(name).add_sample(fo.Sample(filepath="/a.jpg"))
    with pytest.raises(BleedkitError, match="was not made by bleedkit"):
        push_cohort(make_cohort(name="three"), name)


def test_a_missing_image_is_told_by_clip_and_frame(cohort, name):
    (cohort.media_root / "clip1/000002.png").unlink()
    with pytest.raises(BleedkitError, match="the image of clip clip1 frame 2, is gone"):
        push_cohort(cohort, name)


def test_a_stale_split_is_left_out_and_told(cohort, name):
    save_split(cohort, Split("old", "given", "other digest", [{"p0": "train", "p1": "test"}]))
    assert push_cohort(cohort, name).stale_splits == ["old"]
    with pytest.raises(BleedkitError, match="was made for other clips"):
        push_cohort(cohort, name, split="old")


KILLED = """
import sys
from bleedkit.annotate import push
push.BATCH = 1
from bleedkit.datasets.cohort import Cohort
print("ready", flush=True)
push.push_cohort(Cohort(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.slow
def test_a_killed_push_leaves_a_usable_dataset_that_the_next_completes(make_cohort, name, mongod):
    import fiftyone as fo

    cohort = make_cohort(clips=6, frames=200)
    env = {**os.environ, "FIFTYONE_DATABASE_URI": mongod}
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(cohort.folder), name], stdout=subprocess.PIPE, env=env
    )  # fmt: skip
    child.stdout.readline()
    end = time.monotonic() + 60
    while time.monotonic() < end and not (fo.dataset_exists(name) and len(fo.load_dataset(name)) > 20):
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    there = len(load(name))
    assert 20 < there < 1200
    assert load(name).first().clip_id == "clip0"
    result = push_cohort(Cohort(cohort.folder), name)
    assert counts(result) == (1200 - there, 0, there, 0)
    assert len(load(name)) == len(set(zip(*load(name).values(["clip_id", "frame_number"]), strict=True))) == 1200
