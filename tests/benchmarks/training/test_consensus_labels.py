"""What a model is taught where several people labelled, worked by hand (see layouts/two_annotators)."""

import numpy as np
import pytest
from bleedkit_test_layouts import two_annotators as two

from bleedkit.benchmarks.evaluation.whose_truth import truth_of
from bleedkit.benchmarks.training.cached_clips import Part, cached_clips, data_facts
from bleedkit.benchmarks.training.clip_labels import DENSE, HUMAN
from bleedkit.benchmarks.training.frame_cache import FrameCache
from bleedkit.datasets.schema import LabelState, PointLabel, Provenance


@pytest.fixture
def cohort(tmp_path):
    return two.write_two_annotators(tmp_path / "cohort", rule="majority")


def taught(cohort, whose, folder, states=HUMAN):
    """The first clip of the part `train`."""
    cache = FrameCache(folder, two.SIZE)
    return cached_clips(cohort, Part("main"), cache, states=states, truth=truth_of(cohort, whose))


def test_labels_are_the_consensus_and_one_persons_alone(cohort, tmp_path):
    clip = taught(cohort, "consensus", tmp_path / "cache")[0]
    labels = clip.labels
    known = [frame in two.MAJORITY for frame in range(two.FRAMES)]
    assert labels.point_known.tolist() == labels.human.tolist() == known
    for frame, place in two.MAJORITY.items():
        assert labels.visible[frame] == (place is not None)
        np.testing.assert_allclose(labels.point[frame] * (two.SIZE.width, two.SIZE.height), place or (0, 0), rtol=1e-6)
    assert labels.onset == two.MAJORITY_ONSET
    assert np.flatnonzero(labels.mask_known).tolist() == sorted(two.MAJORITY_REGIONS)
    for frame, corner in two.MAJORITY_REGIONS.items():
        np.testing.assert_array_equal(clip.regions([frame])[0, 0], two.box(*corner))
    assert not clip.regions([2]).any()


def test_a_pseudo_label_takes_no_undecided_place(cohort, tmp_path):
    """Frame 2 is undecided and stays empty; frame 6, which nobody labelled, has the engine's label as ever."""
    run = Provenance("pseudolabel", "{}", "0")
    rows = [
        PointLabel(clip_id=clip, frame=frame, x=5.0, y=5.0, state=LabelState.PSEUDO, provenance=run.id)
        for clip in two.CLIPS
        for frame in (2, 6)
    ]
    cohort.append(points=rows, provenance=[run])
    labels = taught(cohort, "consensus", tmp_path / "cache", DENSE)[0].labels
    assert np.flatnonzero(labels.point_known).tolist() == [*two.MAJORITY, 6]
    assert np.flatnonzero(labels.human).tolist() == list(two.MAJORITY)


def test_peoples_labels_are_learnt_as_ever_whatever_consensus_is_there(cohort, tmp_path):
    without = two.write_two_annotators(tmp_path / "without")
    found = [
        data_facts(one, Part("main"), taught(one, "people", tmp_path / "cache", states))["labels_digest"]
        for one in (cohort, without)
        for states in (HUMAN, DENSE)
    ]
    assert len(set(found)) == 1
    by_rule = data_facts(cohort, Part("main"), taught(cohort, "consensus", tmp_path / "cache"))["labels_digest"]
    assert by_rule != found[0]
