"""Parameters and operations of layers small enough to be counted by hand; None where there is nothing to count."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from bleedkit.benchmarks.evaluation.efficiency import WARM, efficiency
from bleedkit.benchmarks.evaluation.prediction_clock import PredictionClock
from bleedkit.benchmarks.evaluation.predictors import SourceFound
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.hold_still import HoldStill
from bleedkit.models.point_tracker import PointTracks
from bleedkit.models.predict import FramePrediction, Onset

SIZE = ImageSize(20, 10)
CONV = 2 * 20 * 10 * 8 * 3 * 9  # a multiply-add is two: for each pixel, 8 channels of 3 x 3 x 3 products


class Small(nn.Module):
    """A 3x3 convolution from 3 to 8 channels, whose bias does not learn."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.conv.bias.requires_grad_(False)

    @torch.inference_mode()
    def look(self, rgb):
        return self.conv(torch.from_numpy(rgb).permute(2, 0, 1)[None].float())


class AsSource:
    def __init__(self):
        self.module = Small()

    def source(self, rgb):
        self.module.look(rgb)
        return SourceFound(rgb[0, 0, :2].astype("f4"), 1.0)


class WithMemory:
    """Looks at a frame as often as it remembers frames: once in the first, up to four times."""

    def __init__(self):
        self.module = Small()

    def frames(self, frames):
        for number, rgb in frames:
            for _ in range(min(number + 1, 4)):
                self.module.look(rgb)
            yield FramePrediction(number, rgb[0, 0, :2].astype("f4"), True, 1.0, rgb[..., 0] > 0)


class WithWindows:
    """Looks at a frame once, and again at each window of 30 frames that it ends."""

    def __init__(self):
        self.module = Small()
        self.module.window = 30

    def onset(self, frames):
        for number, rgb in frames:
            for _ in range(2 if number >= 29 else 1):
                self.module.look(rgb)
        return Onset(None, 1.0)


class AsTracker:
    """One look to encode a frame, two in each step."""

    causal = True

    def __init__(self):
        self.module = Small()

    def encode(self, frame):
        self.module.look(frame)
        return frame

    def track(self, encoded, start):
        for frame in encoded[1:]:
            self.module.look(frame)
            self.module.look(frame)
        zero = torch.zeros(len(encoded), 1)
        xy = torch.from_numpy(start)[None].repeat(len(encoded), 1, 1)
        return PointTracks(xy.numpy(), zero.numpy(), zero.bool().numpy())


def test_parameters():
    found = efficiency("source", AsSource(), SIZE, PredictionClock())
    assert found.parameters == 8 * 3 * 9 + 8
    assert found.trainable == 8 * 3 * 9
    assert found.frames_per_s is None
    assert found.memory_mib is None


@pytest.mark.parametrize(
    ("task", "predictor", "looks"),
    [
        ("source", AsSource(), 1),
        ("region-point", WithMemory(), 4),
        ("onset", WithWindows(), 2),
        ("track", AsTracker(), 1 + 2),
    ],
)
def test_operations_of_one_frame(task, predictor, looks):
    assert WARM >= 4
    assert efficiency(task, predictor, SIZE, PredictionClock()).flops == looks * CONV


def test_attention_counts_on_a_cpu_as_well():
    class Attends(AsSource):
        def source(self, rgb):
            query = torch.zeros(1, 2, 5, 4)  # 2 heads, 5 queries of 4 numbers, 7 keys
            with torch.inference_mode():
                functional.scaled_dot_product_attention(query, torch.zeros(1, 2, 7, 4), torch.zeros(1, 2, 7, 4))
            return SourceFound(rgb[0, 0, :2].astype("f4"), 1.0)

    # scores: 2 heads x 5 x 7 sums of 4 products; then as many times 4 to mix the values
    assert efficiency("source", Attends(), SIZE, PredictionClock()).flops == 2 * (2 * 5 * 7 * 4) * 2


def test_what_is_not_there_is_none():
    found = efficiency("track", HoldStill(), SIZE, PredictionClock())
    assert (found.parameters, found.trainable, found.flops) == (None, None, None)
    assert efficiency("deploy", AsSource(), SIZE, PredictionClock()).flops is None


def test_frames_a_second_are_the_clocks():
    clock = PredictionClock()
    clock.frames, clock.seconds = 30, 2.0
    assert efficiency("track", HoldStill(), SIZE, clock).frames_per_s == 15
