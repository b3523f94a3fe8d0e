"""What holds for every model of the benchmark: its line in the registry is all that it takes to be run.

Networks are the real ones in their tiny size, with random weights in the files that a training would leave: what holds
here holds whatever the weights say.
"""

import re
from functools import cache

import numpy as np
import pytest
from bleedkit_test_layouts.moving_surface import surface
from bleedkit_test_layouts.random_weights import RANDOM_WEIGHTS, random_network

from bleedkit.benchmarks.entries.entry import Setup
from bleedkit.benchmarks.entries.registry import ENTRIES
from bleedkit.benchmarks.evaluation.evaluate_clip import CLIP_TASKS, evaluate_clip
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.benchmarks.training.trainable_models import MODELS
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.phantom.generate import PhantomSettings, generate_phantom
from bleedkit.models.sized_models import PICTURES
from bleedkit.models.stage import Resources
from bleedkit.models.weights_table import WEIGHTS

SIZE = (96, 72)
LARGE = {name for name, entry in ENTRIES.items() if entry.weights}  # networks that come in one size: seconds a frame
START = np.array([[40.0, 30.0]], np.float32)
PAIRS = [(name, task) for name, entry in ENTRIES.items() for task in entry.tasks]
every = pytest.mark.parametrize(
    ("name", "task"),
    [pytest.param(*pair, marks=[pytest.mark.slow] if pair[0] in LARGE else []) for pair in PAIRS],
)


def frames(name, task):
    """As long as the task's models need: the onset's window has 60 frames. Large networks see two."""
    count = 2 if name in LARGE else {"onset": 62, "deploy": 62}.get(task, 4)
    return [surface((0.75 * t, -0.5 * t), SIZE) for t in range(count)]


@pytest.fixture(scope="module")
def setup(tmp_path_factory):
    """What an entry is made from after a training that did nothing, with random files for what it does not train."""
    folder = tmp_path_factory.mktemp("weights")

    @cache
    def network(name):
        random_network(name, folder / f"{name}.safetensors")
        return folder / f"{name}.safetensors"

    @cache
    def weights(name):
        if name in ("bleedorigin_onset", "bleedorigin_source"):
            return network(name.removeprefix("bleedorigin_"))
        if name == "bloodet":
            return released_bloodet(folder / "bloodet.pth")
        RANDOM_WEIGHTS[name](folder / f"{name}.pth")
        return folder / f"{name}.pth"

    @cache
    def make(name):
        entry = ENTRIES[name]
        trained = network(entry.trains) if entry.trains and entry.trains != "track" else None
        files = {needed: weights(needed) for needed in entry.weights}
        if entry.trains == "track":
            trained = folder / "weights.safetensors"
            RANDOM_WEIGHTS["bleedorigin_track"](folder / "adapters.safetensors")
        return Setup(size="tiny", trained=trained, resources=Resources(weights=files))

    return make


def released_bloodet(path):
    import torch

    from bleedkit.models.bloodet.network import BlooDet
    from bleedkit.models.flows import FLOWS
    from bleedkit.models.stage import CPU

    torch.manual_seed(0)
    torch.save(BlooDet(flow=FLOWS["dis"].build(CPU), variant="code").state_dict(), path)
    return path


def asked(predictor, task, pictures):
    """What a predictor answers, in the shape the harness wants, as plain arrays."""
    numbered = list(enumerate(pictures))
    height, width = pictures[0].shape[:2]
    if task == "region-point":
        said = list(predictor.frames(iter(numbered)))
        assert [one.frame for one in said] == list(range(len(pictures)))
        for one in said:
            assert one.mask.shape == (height, width) and one.mask.dtype == np.bool_
            assert one.present == (one.confidence > 0.5) or one.confidence == 0.5
        return [(one.point, one.confidence, one.mask) for one in said]
    if task == "source":
        said = predictor.source(pictures[0])
        assert said.xy.shape == (2,) and said.xy.dtype == np.float32
        return [(said.xy, said.confidence)]
    if task == "onset":
        said = predictor.onset(iter(numbered))
        assert said.frame is None or 0 <= said.frame < len(pictures)
        return [(np.array([np.nan if said.frame is None else said.frame]), said.confidence)]
    if task == "track":
        said = predictor.track([predictor.encode(picture) for picture in pictures], START)
        assert said.xy.shape == (len(pictures), 1, 2)
        return [(said.xy, said.hidden)]
    said = predictor.bleeding(lambda: iter(numbered))
    assert said.points.shape == (len(pictures), 2)
    return [(said.points, said.confidence)]


def confidences(answers, task):
    return [] if task == "track" else [np.atleast_1d(one[1]) for one in answers]


@every
def test_an_entry_answers_its_tasks_and_the_same_again(name, task, setup):
    pictures = frames(name, task)
    for picture in pictures:
        picture.flags.writeable = False  # a model that writes into its frames changes the next model's
    predictor = ENTRIES[name].build(setup(name), task)
    first, again = (asked(predictor, task, pictures) for _ in range(2))
    for one, two in zip(first, again, strict=True):
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b, err_msg="something of the first clip stayed behind")
    if name not in LARGE:
        anew = asked(ENTRIES[name].build(setup(name), task), task, pictures)
        for one, two in zip(first, anew, strict=True):
            for a, b in zip(one, two, strict=True):
                np.testing.assert_array_equal(a, b)
    for confidence in confidences(first, task):
        assert (np.isnan(confidence) | ((confidence >= 0) & (confidence <= 1))).all()


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.trains or entry.weights])
def test_what_is_not_there_is_named(name, tmp_path):
    """Random weights are never asked anything: an entry that needs weights says which are missing."""
    entry = ENTRIES[name]
    nowhere = Resources(weights=dict.fromkeys((*entry.weights, "bleedorigin_track"), tmp_path / "nowhere.pt"))
    told = entry.weights if entry.weights else (entry.name, "was not trained")
    with pytest.raises(BleedkitError) as error:
        entry.build(Setup(size="tiny", resources=nowhere), entry.tasks[0])
    assert any(re.search(rf"\b{word}\b", str(error.value)) for word in told)


def test_weights_of_another_network_are_refused(setup):
    trained = setup("unet").trained
    with pytest.raises(BleedkitError, match="does not fit Sam2Point"):
        ENTRIES["sam2"].build(Setup(size="tiny", trained=trained), "region-point")


def test_names_are_names_of_what_there_is():
    for name, entry in ENTRIES.items():
        assert name == entry.name
        assert re.fullmatch(r"[a-z0-9_]+", name), "it is a folder's name"
        assert entry.tasks and set(entry.tasks) <= set(CLIP_TASKS)
        assert not entry.trains or entry.trains in MODELS
        assert set(entry.weights) <= set(WEIGHTS)
        assert entry.title and entry.reference
    assert {name: dict(sizes) for name, sizes in PICTURES.items()} == {
        name: dict(made.pictures) for name, made in MODELS.items()
    }


def test_every_model_that_trains_enters_somewhere():
    assert {entry.trains for entry in ENTRIES.values() if entry.trains} == set(MODELS)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """One clip with regions, sources and an onset."""
    settings = PhantomSettings("surgblood", seed=5, clips=1, patients=1, scale=0.06)
    return generate_phantom(tmp_path_factory.mktemp("phantom") / "cohort", settings, workers=1)


LIGHT = [pair for pair in PAIRS if not ENTRIES[pair[0]].weights and pair[1] != "deploy"]


@pytest.mark.parametrize(("name", "task"), LIGHT)
def test_the_harness_takes_what_it_answers(name, task, setup, cohort):
    view = next(cohort.stream())
    predictor = ENTRIES[name].build(setup(name), task)
    for protocol in PROTOCOLS.values():
        if protocol.task == task:
            table = evaluate_clip(protocol, cohort, view, predictor)
            assert table.schema == protocol.schema
            assert len(table) > 0
            protocol.rows(table)
