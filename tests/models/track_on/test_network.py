"""Streaming equals the clip, states are bounded, batches do not mix, and coordinates are ours."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate, normalize

from bleedkit.models.track_on.features import GRID, SIZE, FrameFeatures, stretched
from bleedkit.models.track_on.follow import follow, track_clip
from bleedkit.models.track_on.memory import stretched_times
from bleedkit.models.track_on.network import centre_of, sampled
from bleedkit.models.track_on.refresh import Refresh
from bleedkit.models.track_on.rerank import scrambled

XY = torch.tensor([[100.0, 60.0], [300.5, 200.25], [5.0, 380.0]])
NAMES = ("xy", "visible", "uncertain")


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def alike(a, b, rows=slice(None)):
    for name in NAMES:
        np.testing.assert_allclose(getattr(a, name)[:, rows], getattr(b, name)[:, rows], rtol=3e-6, atol=1e-6)


def test_frame_by_frame_equals_the_clip_call_and_reads_no_frame_ahead(network, frames):
    frames = frames[:4]
    whole = track_clip(network, frames, torch.cat([torch.zeros(3, 1), XY], 1), memory=3)
    came = []
    stream = follow(network, (came.append(f) or f for f in frames), network.start(frames[0], XY[None], 3), Refresh())
    for t, prediction in enumerate(stream):
        assert len(came) == t + 1
        alike(prediction, whole[t])


def test_points_asked_for_later_are_found_as_by_the_clip_call_from_their_frame_on(network, frames):
    frames, times = frames[:4], torch.tensor([0, 2, 1])
    whole = track_clip(network, frames, torch.cat([times[:, None], XY], 1), memory=3)
    state = network.start(frames[0], XY[None], 3)
    state = replace(state, live=torch.zeros(1, 3, dtype=torch.bool))
    for t, frame in enumerate(frames):
        state = network.ask_again(frame, state, XY[None], (times == t)[None])
        prediction, state = network.step(frame, state)
        alike(prediction, whole[t], rows=times <= t)


def test_a_state_stops_growing_when_its_memory_is_full(network, frames):
    state, sizes = network.start(frames[0], XY[None], 2), []
    for frame in frames[:4]:
        _, state = network.step(frame, state)
        tensors = [getattr(state, name) for name in ("descriptor", "spatial", "context", "blank", "unseen", "live")]
        sizes.append(sum(tensor.numel() for tensor in tensors))
    assert state.spatial.shape == (1, 3, 2, 256)
    assert sizes[0] < sizes[1] == sizes[2] == sizes[3]
    assert not state.blank.any()


def test_asking_again_is_starting_anew_for_those_points_and_nothing_for_others(network, frames):
    state = network.start(frames[0], XY[None], 3)
    for frame in frames[:2]:
        _, state = network.step(frame, state)
    moved = XY[None] + 20
    everyone = network.ask_again(frames[3], state, moved, torch.ones(1, 3, dtype=torch.bool))
    alike(network.step(frames[4], everyone)[0], network.step(frames[4], network.start(frames[3], moved, 3))[0])
    one = network.ask_again(frames[3], state, moved, torch.tensor([[False, True, False]]))
    assert torch.equal(one.descriptor[:, [0, 2]], state.descriptor[:, [0, 2]])
    assert torch.equal(one.descriptor[:, 1], everyone.descriptor[:, 1])
    assert one.blank[0].all(-1).tolist() == [False, True, False]


def test_memory_is_refreshed_every_n_frames_from_the_predicted_point(network, frames):
    start = network.start(frames[0], XY[None], 4)
    found = list(follow(network, frames, start, Refresh(every=2)))
    alone = list(follow(network, frames[:4], start, Refresh()))
    for t in (0, 1, 2):  # the prediction at frame 2 is still of the old memory, and becomes the new start
        alike(found[t], alone[t])
    fresh = list(follow(network, frames[3:5], network.start(frames[2], found[2].xy, 4), Refresh()))
    alike(found[3], fresh[0])
    alike(found[4], fresh[1])
    assert not torch.equal(found[3].visible, alone[3].visible)


def test_clips_of_a_batch_do_not_mix_and_points_that_are_not_live_are_not_seen(network, frames):
    other, frames = torch.tensor([[400.0, 20.0]]), frames[:4]
    both = torch.stack([XY, torch.cat([other, torch.zeros(2, 2)])])
    state = network.start(FrameFeatures.stack([frames[0], frames[3]]), both, 3)
    state = replace(state, live=torch.tensor([[True, True, True], [True, False, False]]))
    pairs = [FrameFeatures.stack([a, b]) for a, b in zip(frames, frames[::-1], strict=True)]
    joint = list(follow(network, pairs, state, Refresh(every=2)))
    first = follow(network, frames, network.start(frames[0], XY[None], 3), Refresh(every=2))
    second = follow(network, frames[::-1], network.start(frames[3], other[None], 3), Refresh(every=2))
    for together, one, two in zip(joint, first, second, strict=True):
        for name in NAMES:
            np.testing.assert_allclose(getattr(together, name)[0], getattr(one, name)[0], atol=1e-3)
            np.testing.assert_allclose(getattr(together, name)[1, :1], getattr(two, name)[0], atol=1e-3)


def test_a_trained_memory_is_stretched_end_to_end_and_now_stays_now():
    times = torch.tensor([0.0, 2.0, 6.0, 9.0])[None, :, None]  # three frames and now
    assert stretched_times(times, 3, 3).flatten().tolist() == [0, 2, 6, 9]
    assert stretched_times(times, 5, 5).flatten().tolist() == [0, 1, 2, 4, 6, 9]
    assert stretched_times(times, 5, 2).flatten().tolist() == [4, 6, 9]  # a young memory has the latest
    assert stretched_times(times, 5, 0).flatten().tolist() == [9]


def test_correlation_is_the_cosine_with_every_level_weighed(network, frames):
    """As the official code has it: every level normalised, compared, enlarged, and one weight for each."""
    query = torch.randn(1, 2, 256, generator=torch.Generator().manual_seed(0))
    finest, want = frames[0].decoded[0], 0
    for level in range(4):
        cells = normalize(avg_pool2d(finest, 2**level), dim=1)
        cosine = torch.einsum("bnc,bchw->bnhw", normalize(query, dim=-1), cells)
        enlarged = interpolate(cosine, GRID, mode="bilinear", align_corners=False)
        want = want + network.corr_layer.weight[0, level, 0, 0] * enlarged
    np.testing.assert_allclose(network._correlation(query, frames[0]), want.flatten(2), atol=1e-5)


def test_reranking_reads_blocks_of_cells_and_channels_as_its_coarsest_map():
    finest = torch.arange(16 * 64 * 1.0).view(1, 16, 8, 8)  # 16 channels of 64 cells
    maps = [finest, avg_pool2d(finest, 2), avg_pool2d(finest, 4), avg_pool2d(finest, 8)]
    found = scrambled(maps)
    assert all(torch.equal(a, b) for a, b in zip(found[:3], maps[:3], strict=True))
    # Block (i, j): cells 8 i .. 8 i + 7 of channels 8 j .. 8 j + 7; a channel is 64 further on, a cell 1.
    assert found[3].flatten().tolist() == [8 * i + 3.5 + 64 * (8 * j + 3.5) for i in range(8) for j in range(2)]


def test_a_place_keeps_its_half_pixel_from_frame_to_network_and_back():
    """A frame whose red is its own x and green its own y, at pixel centres: what is read at a place is the place."""
    x, y = torch.arange(200) + 0.5, torch.arange(150) + 0.5
    frame = torch.stack([x.expand(150, -1), y[:, None].expand(-1, 200), torch.zeros(150, 200)])[None]
    places = torch.tensor([[[17.0, 33.25], [100.5, 75.0], [180.75, 120.5]]])
    on_network = places * torch.tensor(SIZE[::-1]) / torch.tensor([200.0, 150.0])
    read = 255 * sampled(stretched(frame)[:, :2], on_network)
    np.testing.assert_allclose(read, places, atol=1e-3)


def test_cells_are_counted_row_by_row_and_answered_by_their_centres():
    found = centre_of(torch.tensor([0, 127, 128])) * torch.tensor(SIZE[::-1])
    assert found.tolist() == [[2, 2], [510, 2], [2, 6]]
