"""The stand-in follows what looks alike, with either encoder."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from bleedkit.benchmarks.track_stand_in import XFeatLooks, matching_track_on
from bleedkit.datasets.errors import BleedkitError

XFEAT = Path(__file__).parents[2].parent / "shared" / "weights" / "xfeat_backbone.safetensors"


@pytest.fixture
def frames():
    """A random texture, (2, 1, 3, 384, 512) in 0..255, that goes 32 pixels right and 16 down."""
    torch.manual_seed(0)
    coarse = functional.interpolate(torch.rand(1, 3, 48, 64), scale_factor=8, mode="bilinear") * 255
    return torch.stack([coarse, coarse.roll((16, 32), (2, 3))])


@pytest.mark.parametrize("encoder", ["random filters", "xfeat"])
def test_points_go_where_the_picture_goes(encoder, frames):
    if encoder == "xfeat" and not XFEAT.exists():
        pytest.skip("XFeat's weights are not in shared/weights")
    track_on = matching_track_on(XFeatLooks(XFEAT) if encoder == "xfeat" else None).eval()
    start = torch.tensor([[[100.0, 90.0], [300.0, 200.0], [200.0, 250.0]]])
    with torch.no_grad():
        first, second = (track_on.encode(frame) for frame in frames)
        state = track_on.start(first, start, memory=4)
        at_first, state = track_on.step(first, state)
        at_second, _ = track_on.step(second, state)
    torch.testing.assert_close(at_first.xy, start, atol=6, rtol=0)
    torch.testing.assert_close(at_second.xy, start + torch.tensor([32.0, 16.0]), atol=6, rtol=0)


def test_weights_that_do_not_fit_are_told(tmp_path):
    with pytest.raises(BleedkitError, match=r"none\.safetensors"):
        XFeatLooks(tmp_path / "none.safetensors")
