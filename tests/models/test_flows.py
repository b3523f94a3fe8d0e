"""What holds for every flow model, as frames and as tensors; those with weights are their real network, random."""

from functools import cache

import numpy as np
import pytest
import torch
from bleedkit_test_layouts.moving_surface import surface

from bleedkit.models.flow_model import resized_flow, working_batch, working_picture, working_size
from bleedkit.models.flows import FLOWS
from bleedkit.models.stage import Resources

SIZE = (192, 128)  # what every network takes as it is
SHIFT = (3.0, -2.0)
every = pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if FLOWS[n].weights else ()) for n in FLOWS]
)


def random_weights(name, path):
    torch.manual_seed(0)
    if name == "raft":
        from torchvision.models.optical_flow import raft_large

        torch.save(raft_large(weights=None).state_dict(), path)
    else:
        from bleedkit.models.pwc_net import PwcNet

        torch.save(PwcNet().layers.state_dict(), path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    @cache
    def build(name):
        files = {weights: tmp_path_factory.mktemp("weights") / f"{weights}.pth" for weights in FLOWS[name].weights}
        for weights, path in files.items():
            random_weights(weights, path)
        return FLOWS[name].build(Resources(weights=files))

    return build


@cache
def frames():
    return [surface((SHIFT[0] * t, SHIFT[1] * t), SIZE) for t in range(3)]


def batch(*pictures):
    return torch.stack([torch.from_numpy(picture).permute(2, 0, 1) for picture in pictures]).float() / 255


@every
def test_tensors_and_frames_get_the_same_flow(name, built):
    flow = built(name)
    views = [flow.encode(frame) for frame in frames()]
    want = [flow.flow(views[0], views[1]), flow.flow(views[2], views[0])]
    came = flow(batch(frames()[0], frames()[2]), batch(frames()[1], frames()[0]))
    assert came.shape == (2, 2, *SIZE[::-1])
    assert came.dtype == torch.float32
    assert np.abs(want).max() > 0.1, "a flow of nothing would show no difference"
    scale = max(1.0, float(np.abs(want).max()))
    np.testing.assert_allclose(came.permute(0, 2, 3, 1), np.stack(want), atol=2e-3 * scale)


@every
def test_it_is_frozen_in_float32_and_leaves_its_input_alone(name, built):
    flow, pictures = built(name), batch(*frames()[:2]).requires_grad_()
    before = pictures.detach().clone()
    with torch.autocast("cpu", torch.bfloat16):
        came = flow(pictures[:1], pictures[1:])
    assert came.dtype == torch.float32
    assert not came.requires_grad
    assert not came.is_inference(), "whoever learns from it could not save it for the way back"
    torch.testing.assert_close(came, flow(pictures[:1], pictures[1:]), atol=0, rtol=0)
    torch.testing.assert_close(pictures.detach(), before, atol=0, rtol=0)


@every
def test_odd_and_large_pictures_get_a_flow_of_their_own_size(name, built):
    pictures = batch(surface((0, 0), (601, 333)), surface((2, 1), (601, 333)))
    came = built(name)(pictures[:1], pictures[1:])
    assert came.shape == (1, 2, 333, 601)
    assert torch.isfinite(came).all()


def test_a_shift_is_told_in_the_pixels_of_the_pictures_asked_about(built):
    zoom = 1024 / 260
    pictures = batch(*(surface((6.0 * t, -4.0 * t), (1024, 640), zoom=zoom) for t in range(2)))
    came = built("dis")(pictures[:1], pictures[1:])[0, :, 60:-60, 60:-60]
    np.testing.assert_allclose(came.mean((1, 2)), [6, -4], atol=0.1)
    assert float((came - torch.tensor([6.0, -4.0])[:, None, None]).norm(dim=0).median()) < 0.5


def centres(width, height):
    x, y = torch.meshgrid(torch.arange(width) + 0.5, torch.arange(height) + 0.5, indexing="xy")
    return torch.stack([x, y])


def test_a_flow_that_grows_with_place_stays_the_same_motion_when_resized():
    """Everything moves by 5 % of its own place: f(x) = x / 20, in any picture's pixels."""
    came = resized_flow((centres(40, 20) / 20)[None], (60, 160))[0]
    inner = (slice(None), slice(3, -3), slice(4, -4))  # beyond the small picture's outermost centres it is held
    np.testing.assert_allclose(came[inner], (centres(160, 60) / 20)[inner], atol=1e-4)


def test_a_flow_already_in_larger_units_is_told_so():
    coarse = torch.ones(1, 2, 4, 4)  # of a picture 64 x 64, a quarter of its side
    np.testing.assert_array_equal(resized_flow(coarse, (32, 128), unit=(64, 64))[0, :, 0, 0], [2.0, 0.5])
    assert resized_flow(coarse, (4, 4)) is coarse


@pytest.mark.parametrize(("size", "options", "working"), [
    ((1080, 1240), {"width": 480}, (418, 480)),  # 1080 * 480 / 1240 = 418.06
    ((1080, 1240), {"width": 512, "multiple": 8, "least": 128}, (448, 512)),
    ((90, 100), {"width": 512, "multiple": 8, "least": 128}, (128, 128)),
])  # fmt: skip
def test_frames_and_tensors_work_at_one_size(size, options, working):
    assert working_size(size, **options) == working
    assert working_picture(np.zeros((*size, 3), np.uint8), **options).shape == (*working, 3)
    assert working_batch(torch.zeros(1, 3, *size), **options).shape == (1, 3, *working)


def test_settings_name_what_a_flow_hangs_on():
    assert FLOWS["dis"].settings(Resources()) == {"width": 512}
