"""Which clips are asked about, and when an answer counts as known."""

from dataclasses import replace

import pytest

from bleedkit.annotate.preannotate.annotator import ModelChoice
from bleedkit.annotate.preannotate.plan import plan_preannotation
from bleedkit.annotate.preannotate.prompts import BoxPrompt
from bleedkit.annotate.preannotate.registry import ANNOTATORS, annotator_spec
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import PointLabel, Review

BOX = BoxPrompt("clip1", 3, (1.0, 2.0, 9.0, 9.0))


def planned(cohort, model="bloodet", *, settings=None, **more):
    return plan_preannotation(cohort, ModelChoice(model), ANNOTATORS[model], settings or {"a": 1}, **more)


def test_a_clip_is_one_unit_whose_id_hangs_on_pictures_settings_and_prompts(cohort):
    (first, second), (same, _) = planned(cohort).units, planned(cohort).units
    assert same == first != second
    assert {unit.clip_id: unit.frames for unit in planned(cohort).units.values()} == {
        "clip0": (0, 1, 2, 3),
        "clip1": (0, 1, 2, 3),
    }
    assert first not in planned(cohort, settings={"a": 2}).units
    assert len({*planned(cohort, "sam2").units, *planned(cohort, "sam2", boxes=[BOX]).units}) == 3


def test_labels_change_the_unit_of_a_prompted_model_alone(cohort):
    before = [planned(cohort, model).units.keys() for model in ("bloodet", "sam2")]
    cohort.append(points=[PointLabel(clip_id="clip0", frame=3, x=5, y=5, annotator="lee")])
    after = [planned(cohort, model).units.keys() for model in ("bloodet", "sam2")]
    assert before[0] == after[0]
    assert len(before[1] & after[1]) == 1, "clip1's"


def test_only_the_clips_that_are_named(cohort):
    assert [unit.clip_id for unit in planned(cohort, clips=["clip1"]).units.values()] == ["clip1"]
    with pytest.raises(BleedkitError, match="no clip 'clip7'"):
        planned(cohort, clips=["clip1", "clip7"])


def test_a_clip_with_nothing_left_to_say_and_one_nobody_prompted_are_named(cohort):
    missing = [PointLabel(clip_id="clip0", frame=3, x=1, y=1)]
    cohort.append(points=missing)
    found = planned(cohort, "bleedorigin")  # points and onset: both are there now
    assert (found.labelled, [unit.clip_id for unit in found.units.values()]) == (("clip0",), ["clip1"])
    told = [
        replace(row, review=Review.REJECTED, supersedes=row.label_id) for row in (*cohort.masks(), *cohort.points())
    ]
    cohort.append(masks=told[:2], points=told[2:])
    assert planned(cohort, "sam2").unprompted == ("clip0", "clip1")
    assert [unit.clip_id for unit in planned(cohort, "sam2", boxes=[BOX]).units.values()] == ["clip1"]


def test_boxes_are_for_a_model_that_takes_them(cohort):
    with pytest.raises(BleedkitError, match="bloodet takes no boxes"):
        planned(cohort, boxes=[BOX])


def test_there_is_no_other_model():
    with pytest.raises(BleedkitError, match="choose from bloodet, bleedorigin, sam2"):
        annotator_spec("magic")
