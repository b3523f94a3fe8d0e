"""The tracker with MDG, trained as `bench train track --mdg` trains it, on a Track-On of small pictures."""

import json
from dataclasses import replace

import pytest
import torch
from bleedkit_test_layouts.small_track_on import SIZE, random_track_on, shrink_track_on

from bleedkit.benchmarks.training import track_task
from bleedkit.benchmarks.training.cached_clips import Part
from bleedkit.benchmarks.training.recipe import Recipe
from bleedkit.benchmarks.training.track_task import TrackTask
from bleedkit.benchmarks.training.train_model import train_model
from bleedkit.benchmarks.training.trainable_models import MODELS, Wish
from bleedkit.cli.main import main
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import ImageSize
from bleedkit.models import sized_models
from bleedkit.models.bleedorigin.adapters import read_adapter_file
from bleedkit.models.bleedorigin.track_tracker import BleedOriginTracker
from bleedkit.models.flows import FLOWS
from bleedkit.models.stage import CPU, Resources

PART = Part("official", leaky=True)
RECIPE = Recipe(steps=4, warm_up=0.0, decay=False, save_every=2)


@pytest.fixture
def small(monkeypatch):
    """Track-On, and what is trained of it, with pictures of 128 by 96."""
    shrink_track_on(monkeypatch)
    monkeypatch.setattr(track_task, "SIZE", SIZE)
    pictures = {"tiny": ImageSize(SIZE[1], SIZE[0])}
    monkeypatch.setitem(MODELS, "track", replace(MODELS["track"], pictures=pictures))


@pytest.fixture
def files(small, tmp_path):
    """First weights of both: of Track-On, and of an onset model in its tiny size."""
    torch.manual_seed(3)
    onset = sized_models.onset("tiny", FLOWS["dis"].build(CPU))
    weights = {"track_on": random_track_on().state_dict(), "bleedorigin_onset": onset.state_dict()}
    for name, tensors in weights.items():
        torch.save(tensors, tmp_path / f"{name}.pt")
    return {name: tmp_path / f"{name}.pt" for name in weights}


def wish(files):
    return Wish("tiny", resources=Resources(weights=files), mdg=True)


class KilledError(BaseException):
    """As kill -9: nothing is saved on the way out."""


@pytest.mark.slow
def test_killed_and_begun_again_it_ends_with_the_same_adapters_and_the_tracker_takes_them(
    built, files, tmp_path, monkeypatch
):
    cohort, _ = built

    def trained(name):
        return train_model("track", cohort, PART, tmp_path / name, wish=wish(files), recipe=RECIPE)

    whole = trained("whole")
    after = TrackTask.after_step

    def killed_at_the_last(self, step):
        after(self, step)
        if step == 3:
            raise KilledError

    with monkeypatch.context() as patched, pytest.raises(KilledError):
        patched.setattr(TrackTask, "after_step", killed_at_the_last)
        trained("cut")
    assert [folder.name for folder in (tmp_path / "cut" / "checkpoints").iterdir()] == ["00000002"]
    again = trained("cut")
    assert (again.done_now, again.weights_digest) == (2, whole.weights_digest)
    first, second = (tmp_path / name / "adapters.safetensors" for name in ("whole", "cut"))
    assert file_digest(first) == file_digest(second)

    facts = json.loads((tmp_path / "whole" / "run.json").read_text())["facts"]
    assert (facts["mdg"], facts["flow"]) == (True, "dis")
    assert facts["weights"] == {name: file_digest(path) for name, path in files.items()}
    told = read_adapter_file(first)
    assert (told.mdg_channels, told.flow) == (8, {"name": "dis", "width": 512})
    weights = {**files, "bleedorigin_track": first}
    BleedOriginTracker(weights=weights, flow="dis")
    with pytest.raises(BleedkitError, match="trained with the flow dis, not with pwcnet"):
        BleedOriginTracker(weights=weights, flow="pwcnet")


def test_mdg_begins_as_the_onsets_training_left_it(files):
    made = MODELS["track"].make(wish(files), [], 4)
    left = torch.load(files["bleedorigin_onset"], weights_only=True)
    begun = made.task.model.changes.state_dict()
    assert begun
    for name, value in begun.items():
        assert torch.equal(value, left[f"features.encoder.maps.{name}"])
    assert made.weights["bleedorigin_onset"] == file_digest(files["bleedorigin_onset"])


def test_at_random_only_where_that_is_said_and_without_it_there_is_none(files, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "empty"))
    with pytest.raises(BleedkitError, match="bleedorigin_onset"):
        MODELS["track"].make(wish({"track_on": files["track_on"]}), [], 4)
    drawn = MODELS["track"].make(replace(wish({}), init="random"), [], 4)
    assert drawn.weights == {"track_on": "random", "bleedorigin_onset": "random"}
    assert drawn.task.model.changes.channels == 8
    plain = MODELS["track"].make(Wish("tiny", init="random"), [], 4)
    assert plain.task.model.changes is None


def test_other_models_have_none(built, tmp_path, capsys):
    cohort, _ = built
    where = ("--cohort", str(cohort.folder), "--split", "official", "--out", str(tmp_path / "run"))
    with pytest.raises(SystemExit) as stop:
        main(["bench", "train", "source", *where, "--init", "random", "--device", "cpu", "--mdg"])
    assert stop.value.code == 1
    assert "source has no MDG block to be trained with; leave --mdg out" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
