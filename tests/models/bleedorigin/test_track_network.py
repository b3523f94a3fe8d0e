"""Track-On with cues: the same to the last bit until their projection learns; then only the decoder sees them."""

import copy
from dataclasses import replace

import pytest
import torch

from bleedkit.models.bleedorigin.change_encoder import ChangeEncoder
from bleedkit.models.bleedorigin.change_maps import ChangeMaps
from bleedkit.models.bleedorigin.domains import DomainDifferences
from bleedkit.models.bleedorigin.red_features import RedFeatures
from bleedkit.models.bleedorigin.track_clip import detached, joined_xy, track_clip
from bleedkit.models.bleedorigin.track_network import CuedFeatures, TrackNetwork
from bleedkit.models.track_on.blocks import WIDTH
from bleedkit.models.track_on.features import GRID, FrameFeatures
from bleedkit.models.track_on.follow import follow
from bleedkit.models.track_on.network import TrackOn
from bleedkit.models.track_on.refresh import Refresh

XY = torch.tensor([[[74.0, 50.0], [50.0, 46.0], [98.0, 74.0]]])
NAMES = ("xy", "visible", "uncertain")
ALWAYS = torch.zeros(1, 3, dtype=torch.long)


def pictures(count, seed=0):
    return [255 * torch.rand(1, 3, 60, 80, generator=torch.Generator().manual_seed(seed + t)) for t in range(count)]


def alike(a, b):
    assert all(torch.equal(getattr(a, name), getattr(b, name)) for name in NAMES)


def cue(network):
    torch.nn.init.normal_(network.mix.weight)
    return network


def test_without_a_trained_projection_it_is_track_on_to_the_last_bit_at_full_size(one_thread):
    torch.manual_seed(0)
    track_on = TrackOn().eval()
    made = torch.Generator().manual_seed(3)
    frames = [FrameFeatures.of(*torch.randn(2, 1, WIDTH, *GRID, generator=made)) for _ in range(3)]
    xy = torch.tensor([[[100.0, 60.0], [300.5, 200.25]]])
    with torch.inference_mode():
        plain = list(follow(track_on, frames, track_on.start(frames[0], xy, 12), Refresh()))
        network = TrackNetwork(track_on)
        cued = [network.cued(frame, picture) for frame, picture in zip(frames, pictures(3), strict=True)]
        found = list(track_clip(network, cued, torch.zeros(1, 2, dtype=torch.long), xy, memory=12))
    for a, b in zip(found, plain, strict=True):
        alike(a, b)


def test_encoding_is_track_ons_and_red_alone_moves_what_is_looked_at(small_track_on):
    network = cue(TrackNetwork(small_track_on()))
    with torch.inference_mode():
        frame = pictures(1)[0]
        encoded, plain = network.encode(frame), network.track_on.encode(frame)
        assert torch.equal(encoded.features.seen[0], plain.seen[0])
        assert torch.equal(encoded.features.decoded[3], plain.decoded[3])
        grey = network.encode(frame.mean(1, keepdim=True).expand(-1, 3, -1, -1))
        nothing = network.mix(network.red(torch.zeros(1, 3, 96, 128)))
    assert not torch.allclose(encoded.looked_at, plain.seen[0], atol=1e-3)
    torch.testing.assert_close(grey.looked_at - grey.features.seen[0], nothing, atol=1e-4, rtol=1e-4)


def test_only_the_decoder_sees_the_cues(small_track_on, encoded):
    """A frame with cues, and one whose own map is that sum: descriptors and memory of the first are without them."""
    network = cue(TrackNetwork(small_track_on()))
    features = encoded(network.track_on, 1)[0]
    with torch.inference_mode():
        frame = network.cued(features, pictures(1)[0])
        start = network.start(frame, XY, 4)
        assert torch.equal(start.descriptor, network.track_on.start(features, XY, 4).descriptor)
        found, after = network.step(frame, start)
        whole = replace(features, seen=[frame.looked_at, *features.seen[1:]])
        there, other = network.track_on.step(whole, start)
        plain, _ = network.track_on.step(features, start)
    alike(found, there)
    assert torch.equal(after.context, other.context)
    assert not torch.equal(after.spatial, other.spatial)
    assert not torch.equal(found.visible, plain.visible)


def test_frames_of_clips_are_stacked_and_do_not_mix(small_track_on, encoded):
    network = cue(TrackNetwork(small_track_on()))
    with torch.inference_mode():
        a, b = (
            network.cued(frame, picture)
            for frame, picture in zip(encoded(network.track_on, 2), pictures(2), strict=True)
        )
        both = CuedFeatures.stack([a, b])
        together, _ = network.step(both, network.start(both, XY.expand(2, -1, -1), 4))
        for i, one in enumerate((a, b)):
            alone, _ = network.step(one, network.start(one, XY, 4))
            for name in NAMES:
                torch.testing.assert_close(getattr(together, name)[i], getattr(alone, name)[0], atol=1e-4, rtol=1e-4)


def test_points_are_found_from_the_frame_they_are_asked_for_in(small_track_on, encoded):
    network = cue(TrackNetwork(small_track_on()))
    with torch.inference_mode():
        frames = [
            network.cued(frame, picture)
            for frame, picture in zip(encoded(network.track_on, 4), pictures(4), strict=True)
        ]
        times = torch.tensor([[2, 2, 2]])
        late = list(track_clip(network, frames, times, XY, memory=4))
        fresh = list(track_clip(network, frames[2:], ALWAYS, XY, memory=4))
        for a, b in zip(late[2:], fresh, strict=True):
            for name in NAMES:
                torch.testing.assert_close(getattr(a, name), getattr(b, name), atol=1e-4, rtol=1e-4)
        cut = list(track_clip(network, frames[:2], ALWAYS, XY, memory=4))
        whole = list(track_clip(network, frames, ALWAYS, XY, memory=4))
        for a, b in zip(cut, whole, strict=False):
            alike(a, b)


def test_memory_is_refreshed_as_by_track_on(small_track_on, encoded):
    track_on = small_track_on()
    frames = encoded(track_on, 4)
    with torch.inference_mode():
        want = list(follow(track_on, frames, track_on.start(frames[0], XY, 4), Refresh(every=2)))
        network = TrackNetwork(track_on)
        cued = [network.cued(frame, picture) for frame, picture in zip(frames, pictures(4), strict=True)]
        found = list(track_clip(network, cued, ALWAYS, XY, memory=4, refresh=Refresh(every=2)))
    for a, b in zip(found, want, strict=True):
        alike(a, b)


def test_gradients_move_the_best_cell_too_and_leave_the_answer_as_it_is(small_track_on, encoded):
    """Through the offset alone, `corr_layer`, which weighs the levels for the arg max, would have no gradient."""
    network = cue(TrackNetwork(small_track_on()))
    features = encoded(network.track_on, 2)
    frames = [network.cued(frame, picture) for frame, picture in zip(features, pictures(2), strict=True)]
    learning = joined_xy(track_clip(network, frames, ALWAYS, XY, memory=4))
    with torch.no_grad():
        answering = joined_xy(track_clip(network, frames, ALWAYS, XY, memory=4))
    torch.testing.assert_close(learning, answering, atol=1e-4, rtol=1e-5)
    learning.sum().backward()
    for name, parameter in network.named_parameters():
        if name.startswith(("mix.weight", "red.first.weight", "track_on.query_decoder", "track_on.corr_layer")):
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name


def test_truncation_stops_gradients_between_its_pieces_only(small_track_on, encoded):
    network = cue(TrackNetwork(small_track_on()))
    features = encoded(network.track_on, 3)
    reach = []
    for truncate in (None, 1):
        first = network.cued(features[0], pictures(1)[0])
        looked_at = first.looked_at.detach().requires_grad_()
        frames = [replace(first, looked_at=looked_at), *(network.cued(f, pictures(1)[0]) for f in features[1:])]
        found = list(track_clip(network, frames, ALWAYS, XY, memory=4, truncate=truncate))
        found[2].xy.sum().backward()
        reach.append(looked_at.grad is not None and bool(looked_at.grad.any()))
    assert reach == [True, False]
    state = network.step(frames[0], network.start(frames[0], XY, 4))[1]
    assert state.context.requires_grad
    assert not detached(state).context.requires_grad


def test_the_encoders_batch_norms_never_take_up_a_clips_statistics(small_track_on):
    network = TrackNetwork(small_track_on()).train()
    before = copy.deepcopy(network.track_on.backbone.state_dict())
    network.encode(pictures(1)[0])
    assert network.training
    assert all(map(torch.equal, before.values(), network.track_on.backbone.state_dict().values()))


def change(seed=0):
    made = torch.Generator().manual_seed(seed)
    return DomainDifferences(*(torch.randn(1, channels, 96, 128, generator=made) for channels in (3, 3, 2)))


def test_mdg_of_the_onset_network_is_taken_over_and_looked_at(small_track_on, encoded):
    torch.manual_seed(1)
    encoder = ChangeEncoder(8, 16)
    maps = encoder.maps
    difference = change()
    with torch.inference_mode():
        pooled = maps(difference)
        assert pooled.shape == (1, 8, 12, 16)
        vector = encoder.to_vector(torch.cat([pooled.mean((2, 3)), pooled.amax((2, 3))], 1))
        torch.testing.assert_close(vector, encoder(difference))
    network = TrackNetwork(small_track_on(), changes=maps)
    features, picture = encoded(network.track_on, 1)[0], pictures(1)[0]
    with torch.inference_mode():
        assert torch.equal(network.cued(features, picture, difference).looked_at, features.seen[0])
        cue(network)
        here, there = (network.cued(features, picture, change(seed)).looked_at for seed in (0, 1))
    assert not torch.equal(here, there)


def test_mdg_and_changes_come_together_or_not_at_all(small_track_on, encoded):
    plain, gated = TrackNetwork(small_track_on()), TrackNetwork(small_track_on(), changes=ChangeMaps(4))
    features, picture = encoded(plain.track_on, 1)[0], pictures(1)[0]
    with pytest.raises(ValueError, match="only such a network"):
        plain.cued(features, picture, change())
    with pytest.raises(ValueError, match="needs the change"):
        gated.cued(features, picture)


def test_red_features_are_at_stride_4_and_blind_to_what_is_not_red():
    torch.manual_seed(0)
    red = RedFeatures(6)
    blue, black = torch.zeros(2, 1, 3, 16, 24)
    blue[:, 2] = torch.rand(16, 24)
    assert red(black).shape == (1, 6, 4, 6)
    torch.testing.assert_close(red(blue), red(black))
    scarlet = black.clone()
    scarlet[:, 0] = 1
    assert not torch.allclose(red(scarlet), red(black))
