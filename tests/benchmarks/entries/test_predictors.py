"""The adapters, around models whose answers are known."""

import math

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from bleedkit.benchmarks.entries.entry import Setup
from bleedkit.benchmarks.entries.onset_predictor import OnsetNetworkPredictor
from bleedkit.benchmarks.entries.picture_predictor import PicturePredictor
from bleedkit.benchmarks.entries.region_point_predictor import RegionPointNetwork
from bleedkit.benchmarks.entries.source_predictor import SourceNetworkPredictor
from bleedkit.benchmarks.entries.trained import trained
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.onset_model import OnsetWindows
from bleedkit.models.picture_model import PictureSeen
from bleedkit.models.region_point_model import RegionPoint
from bleedkit.models.source_model import Source
from bleedkit.models.weights import loaded_digest, mark_loaded

PICTURE = ImageSize(16, 16)


def frames(count=4):
    return [(t, np.full((20, 40, 3), 10 * t, np.uint8)) for t in range(count)]


class Quarter:
    """A PictureModel that says a quarter of the width and half of the height, surer the brighter."""

    def look(self, rgb):
        mask = np.zeros(rgb.shape[:2], bool)
        mask[:5] = True
        point = np.array([rgb.shape[1] / 4, rgb.shape[0] / 2], np.float32)
        return PictureSeen(mask, point, float(rgb[0, 0, 0]) / 20)


def test_every_frame_of_a_picture_model_is_by_itself_and_present_above_a_half():
    said = list(PicturePredictor(Quarter()).frames(frames(3)))
    assert [one.frame for one in said] == [0, 1, 2]
    assert [one.present for one in said] == [False, False, True]  # 0, 0.5 and 1
    np.testing.assert_array_equal(said[0].point, [10, 10])
    assert said[2].mask.sum() == 5 * 40
    source = PicturePredictor(Quarter()).source(frames()[1][1])
    assert (source.xy.tolist(), source.confidence) == ([10, 10], 0.5)


class Counting(nn.Module):
    """An OnlineRegionPointModel: presence logit is how many frames came before, the point a quarter and a half."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))

    def start(self):
        return 0

    def step(self, frame, state):
        assert frame.shape == (1, 3, 16, 16)
        point = torch.tensor([[0.25, 0.5]])
        return RegionPoint(torch.ones(1, 1, 4, 4), point, torch.tensor([float(state)])), state + 1

    def forward(self, _picture):
        return Source(torch.zeros(1, 1, 4, 4), torch.tensor([[0.25, 0.5]]))


@pytest.fixture
def model():
    made = Counting()
    mark_loaded(made, "0a")
    return made


def test_a_network_is_asked_from_the_first_frame_of_each_clip_on(model):
    predictor = RegionPointNetwork(model, picture=PICTURE, device="cpu")
    for _ in range(2):
        said = list(predictor.frames(frames(3)))
        assert [one.confidence for one in said] == [1 / (1 + math.exp(-before)) for before in range(3)]
        np.testing.assert_allclose(said[0].point, [10, 10])
        assert said[0].mask.shape == (20, 40)
    assert predictor.source(frames()[3][1]).confidence == 0.5, "a single picture is the first of its clip"
    assert predictor.module is model


def test_a_source_network_says_nothing_of_how_sure_it_is(model):
    predictor = SourceNetworkPredictor(model, picture=PICTURE, device="cpu")
    found = predictor.source(frames()[0][1])
    np.testing.assert_allclose(found.xy, [10, 10])
    assert math.isnan(found.confidence)
    assert predictor.module is model


class Window(nn.Module):
    """Windows of 2 frames; all say that the onset is in their first frame."""

    window = 2

    def start(self):
        return 0

    def step(self, _frame, state):
        said = OnsetWindows(torch.tensor([0.0]), torch.tensor([1.0])) if state else None
        return said, state + 1


def test_an_onset_network_is_decoded_over_all_windows():
    model = Window()
    mark_loaded(model, "0b")
    found = OnsetNetworkPredictor(model, picture=PICTURE, device="cpu").onset(frames())
    assert (found.frame, found.confidence) == (0, pytest.approx(1 / (1 + math.exp(-1))))


def test_random_weights_are_asked_nothing(tmp_path):
    with pytest.raises(BleedkitError, match="are random"):
        list(RegionPointNetwork(Counting(), picture=PICTURE, device="cpu").frames(frames()))
    with pytest.raises(BleedkitError, match=r"unet was not trained.*bleedkit bench run unet"):
        trained(Counting, Setup(), "unet")
    file = tmp_path / "weights.safetensors"
    save_file({"weight": torch.tensor([1.0, 2.0, 3.0])}, file)
    model = trained(Counting, Setup(trained=file), "unet")
    assert model.weight.tolist() == [1, 2, 3]
    assert loaded_digest(model) == file_digest(file)
    assert not model.training
