"""Names, data and weights that do not go together are told before anything is written."""

import json
from dataclasses import replace

import pytest

from bleedkit.benchmarks.entries.registry import ENTRIES
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.benchmarks.runs.run_plan import RunJob, plan_run, training_facts
from bleedkit.datasets.digest import file_digest, value_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.split import load_split


def planned(job):
    return plan_run(job, ENTRIES, PROTOCOLS)


def test_a_plan_knows_what_the_run_hangs_on(cohort):
    plan = planned(RunJob("region-point", "unet", 5, cohort.folder, "main"))
    assert str(plan.key.folder) == "region-point/surgblood/main/unet/5"
    assert plan.recipe.seed == 5
    assert plan.settings["recipe"]["seed"] == 5
    assert plan.data["split_digest"] == value_digest(load_split(cohort, "main").to_json())
    assert json.loads(json.dumps([plan.settings, plan.data])) == [plan.settings, plan.data]
    assert planned(RunJob("track", "hold_still", 0, cohort.folder, "main")).recipe is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"protocol": "magic"}, "no protocol 'magic'"),
        ({"model": "magic"}, "no model 'magic'.*hold_still"),
        ({"model": "red_centroid"}, "red_centroid does not do track; protocol track is for .*lucas_kanade"),
        ({"split": ""}, "asks for a split"),
        ({"split": "none"}, "no split 'none'"),
        ({"fold": 3}, "folds 0 to 0, not 3"),
        ({"split": "official"}, "official leaks"),
        ({"protocol": "onset", "model": "colour_onset"}, "no clip for protocol onset.*an onset label"),
    ],
)
def test_what_does_not_go_together_is_told(cohort, change, told):
    job = RunJob("track", "hold_still", 0, cohort.folder, "main")
    with pytest.raises(BleedkitError, match=told):
        planned(replace(job, **change))


def test_zero_shot_takes_the_whole_cohort_and_no_training_of_its_own(cohort):
    job = RunJob("hemoset-zero-shot", "red_centroid", 0, cohort.folder, "whatever")
    plan = planned(job)
    assert (plan.key.split, plan.data["clips"]) == ("all", 12)
    assert "split_digest" not in plan.data
    with pytest.raises(BleedkitError, match="asks for a model trained on another cohort"):
        planned(replace(job, model="unet"))


@pytest.fixture
def training(cohort, tmp_path):
    """What a training on the part `train` of split `main` leaves, with weights that nobody looks into here."""
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    facts = {
        "cohort": "surgblood", "cohort_digest": cohort.digest, "split": "main", "fold": 0, "part": "train",
        "split_digest": value_digest(load_split(cohort, "main").to_json()), "weights": {"model": "random"},
    }  # fmt: skip
    record = {"kind": "training", "weights_digest": file_digest(tmp_path / "weights.safetensors"), "facts": facts}
    (tmp_path / "run.json").write_text(json.dumps(record))
    return tmp_path


def edit(training, **facts):
    record = json.loads((training / "run.json").read_text())
    record["facts"] |= facts
    (training / "run.json").write_text(json.dumps(record))


def test_weights_whose_training_is_known_are_clean(cohort, training):
    job = RunJob("region-point", "unet", 0, cohort.folder, "main", train=False, trained=training)
    plan = planned(job)
    assert (plan.trained, plan.clips.leaky) == (training / "weights.safetensors", ())
    assert plan.settings["trained_elsewhere"] == file_digest(training / "weights.safetensors")
    assert planned(replace(job, trained=training / "weights.safetensors")).clips.leaky == ()
    assert training_facts(training / "weights.safetensors")["weights"] == {"model": "random"}


def test_size_and_flow_are_those_of_the_training(cohort, training):
    job = RunJob("region-point", "unet", 0, cohort.folder, "main", train=False, trained=training, size="full")
    assert planned(job).settings["size"] == "full"
    edit(training, size="tiny", flow="raft")
    plan = planned(job)
    assert (plan.job.size, plan.job.flow) == ("tiny", "raft")
    assert (plan.settings["size"], plan.settings["flow"]) == ("tiny", "raft")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda t: (t / "run.json").unlink(), "nobody says on whom .* was trained"),
        (lambda t: (t / "run.json").write_text("{"), "nobody says on whom"),
        (lambda t: (t / "weights.safetensors").write_bytes(b"other"), "nobody says on whom"),
        (lambda t: edit(t, part="test"), "trained on the part test itself"),
        (lambda t: edit(t, split_digest="0"), "trained on split main, fold 0, not on main"),
        (lambda t: edit(t, cohort_digest="0"), "another state of surgblood"),
    ],
)
def test_weights_that_may_know_the_patients_are_refused_or_marked(cohort, training, spoil, told):
    spoil(training)
    job = RunJob("region-point", "unet", 0, cohort.folder, "main", train=False, trained=training)
    with pytest.raises(BleedkitError, match=told):
        planned(job)
    plan = planned(replace(job, allow_leak=True))
    assert len(plan.clips.leaky) == 1
    assert plan.data["leaks"] == list(plan.clips.leaky)


def test_zero_shot_on_the_cohort_of_the_training_is_a_leak(cohort, training):
    job = RunJob("hemoset-zero-shot", "unet", 0, cohort.folder, train=False, trained=training)
    with pytest.raises(BleedkitError, match="asks for a cohort it never saw"):
        planned(job)


def test_checkpoints_of_these_patients_are_a_leak(cohort, tmp_path):
    from bleedkit.models.stage import Resources

    (tmp_path / "bloodet.pth").write_bytes(b"weights")
    resources = Resources("cpu", {"bloodet": tmp_path / "bloodet.pth"})
    job = RunJob("region-point", "bloodet_released", 0, cohort.folder, "main", resources=resources)
    with pytest.raises(BleedkitError, match="nobody says on whom"):
        planned(job)
    with pytest.raises(BleedkitError, match="nobody says on whom the weights of bloodet were trained"):
        planned(RunJob("region-point", "bloodet", 0, cohort.folder, "main", train=False))
