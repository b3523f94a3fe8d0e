"""The adapter to our trackers: pixels, settings and files. What holds for every tracker is tests/contract's."""

import numpy as np
import pytest
import torch

from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.bleedorigin.adapters import Adapters, AdapterSettings
from bleedkit.models.bleedorigin.change_maps import ChangeMaps
from bleedkit.models.bleedorigin.domains import domain_differences
from bleedkit.models.bleedorigin.track_clip import track_clip
from bleedkit.models.bleedorigin.track_network import TrackNetwork
from bleedkit.models.bleedorigin.track_tracker import BleedOriginTracker, load_track_network
from bleedkit.models.flows import FLOWS, flow_told
from bleedkit.models.picture_frame import StretchedPicture
from bleedkit.models.stage import CPU
from bleedkit.models.track_on.tracker import TrackOnTracker, load_network

START = np.array([[40, 30], [20.5, 70.25]], np.float32)
SMALL = StretchedPicture(ImageSize(160, 90), ImageSize(128, 96))
FRAMES = [np.random.default_rng(t).integers(0, 256, (90, 160, 3), np.uint8) for t in range(3)]


def saved(base, adapters, changes=None, flow=None):
    """Adapters trained on a base that do something, in a file."""
    made = Adapters(TrackNetwork(load_network(base), changes=changes), AdapterSettings(kind="lora", rank=2))
    with torch.no_grad():
        for parameter in made.network.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn_like(parameter))
    made.save(adapters, file_digest(base), flow)
    return {"track_on": base, "bleedorigin_track": adapters}


@pytest.fixture
def files(small_track_on, tmp_path):
    """A small Track-On's checkpoint, and such adapters."""
    base = tmp_path / "track_on.pt"
    torch.save({"model": small_track_on().state_dict()}, base)
    return saved(base, tmp_path / "adapters.safetensors")


@pytest.fixture
def gated(files, tmp_path):
    """The same with MDG."""
    return saved(files["track_on"], tmp_path / "gated.safetensors", ChangeMaps(4), flow_told("dis", CPU))


def as_learnt(frame):
    """The frame as training has it, (1, 3, 96, 128) in 0..255."""
    return torch.from_numpy(SMALL.pixels(frame).transpose(2, 0, 1).copy())[None].float()


def test_answers_are_the_networks_in_the_frames_pixels(files):
    tracker = BleedOriginTracker(weights=files, memory=5)
    views = [tracker.encode(frame) for frame in FRAMES]
    assert views[0].size == (160, 90)
    tracks = tracker.track(views, START)
    network = load_track_network(files["track_on"], files["bleedorigin_track"])
    scale = np.float32([128 / 160, 96 / 90])
    with torch.inference_mode():
        frames = [network.encode(as_learnt(f)) for f in FRAMES]
        xy, times = torch.from_numpy(START * scale)[None], torch.zeros(1, 2, dtype=torch.long)
        want = list(track_clip(network, frames, times, xy, memory=5))
    for t in (1, 2):
        np.testing.assert_allclose(tracks.xy[t], want[t].xy[0].numpy() / scale, rtol=1e-5)
        np.testing.assert_array_equal(tracks.hidden[t], want[t].visible[0].numpy() <= 0.8)
        np.testing.assert_array_equal(np.isinf(tracks.step_error[t]), want[t].uncertain[0].numpy() > 0.5)
    np.testing.assert_array_equal(tracks.xy[0], START)


def test_the_adapters_count_and_without_what_they_learnt_it_is_track_on(files, tmp_path):
    tracker, plain = BleedOriginTracker(weights=files), TrackOnTracker(weights=files)
    # Of other sizes the two make their pictures in different ways: ours as in training, Track-On's as the official one.
    frames = [SMALL.pixels(frame) for frame in FRAMES]
    views, others = ([each.encode(frame) for frame in frames] for each in (tracker, plain))
    theirs = plain.track(others, START)
    assert not np.allclose(tracker.track(views, START).xy, theirs.xy, atol=1)
    untrained = tmp_path / "untrained.safetensors"
    network = TrackNetwork(load_network(files["track_on"]))
    Adapters(network, AdapterSettings(kind="lora")).save(untrained, file_digest(files["track_on"]))
    tracker = BleedOriginTracker(weights={**files, "bleedorigin_track": untrained})
    tracks = tracker.track([tracker.encode(frame) for frame in frames], START)
    np.testing.assert_allclose(tracks.xy, theirs.xy, atol=1e-2)
    np.testing.assert_array_equal(tracks.hidden, theirs.hidden)


def test_refresh_is_heeded(files):
    plain, refreshed = (BleedOriginTracker(weights=files, refresh=refresh) for refresh in (None, 1))
    views = [plain.encode(frame) for frame in FRAMES]
    a, b = plain.track(views, START), refreshed.track(views, START)
    np.testing.assert_array_equal(a.xy[:2], b.xy[:2])
    assert not np.array_equal(a.xy[2], b.xy[2])


def test_adapters_of_another_base_are_refused(files, small_track_on, tmp_path):
    other = tmp_path / "other.pt"
    torch.save({"model": small_track_on(seed=1).state_dict()}, other)
    with pytest.raises(BleedkitError, match="belongs to a checkpoint of Track-On"):
        BleedOriginTracker(weights={**files, "track_on": other})
    with pytest.raises(ValueError, match="memory holds 1 frame or more"):
        BleedOriginTracker(weights=files, memory=0)


def test_another_flow_than_that_of_the_training_is_refused(gated, files, tmp_path):
    BleedOriginTracker(weights=gated, flow="dis")
    with pytest.raises(BleedkitError, match=r"trained with the flow dis, not with raft; say --flow dis"):
        BleedOriginTracker(weights=gated, flow="raft")
    BleedOriginTracker(weights=files, flow="raft")  # without MDG no flow is looked at
    for told, match in (
        ({"name": "dis", "width": 99}, r"'width': 99}, and here it is .*'width': 512"),
        ({"name": "ours"}, "a flow ours, which there is not"),
    ):
        other = saved(files["track_on"], tmp_path / f"{told['name']}.safetensors", ChangeMaps(4), told)
        with pytest.raises(BleedkitError, match=match):
            BleedOriginTracker(weights=other)


def same(a, b):
    return all(np.array_equal(getattr(a, field), getattr(b, field)) for field in ("xy", "step_error", "hidden"))


@pytest.mark.parametrize("turn", [1, -1])
def test_with_mdg_each_frame_is_looked_at_with_its_change_since_the_one_tracked_before(gated, turn):
    tracker = BleedOriginTracker(weights=gated)
    tracks = tracker.track([tracker.encode(frame) for frame in FRAMES][::turn], START)
    network, scale = load_track_network(gated["track_on"], gated["bleedorigin_track"]), np.float32([128 / 160, 96 / 90])
    flow = FLOWS["dis"].build(CPU)
    with torch.inference_mode():
        frames = [as_learnt(f) for f in FRAMES][::turn]
        small = [frame / 255 for frame in frames]
        changes = [domain_differences(small[max(t - 1, 0)], small[t], flow) for t in range(3)]
        assert not any(each.any() for each in (changes[0].rgb, changes[0].hsv)), "nothing changes in the first"
        cued = [network.encode(frame, change) for frame, change in zip(frames, changes, strict=True)]
        xy, times = torch.from_numpy(START * scale)[None], torch.zeros(1, 2, dtype=torch.long)
        want = list(track_clip(network, cued, times, xy, memory=48))
        # Changes that matter: with none in any frame the answer is another.
        still = [network.encode(frame, domain_differences(s, s, flow)) for frame, s in zip(frames, small, strict=True)]
        other = list(track_clip(network, still, times, xy, memory=48))
    for t in (1, 2):
        np.testing.assert_allclose(tracks.xy[t], want[t].xy[0].numpy() / scale, rtol=1e-4)
    assert not torch.allclose(want[2].visible, other[2].visible, rtol=1e-5, atol=0)


def test_with_mdg_it_is_causal_and_its_views_serve_both_directions_again_and_again(gated):
    tracker = BleedOriginTracker(weights=gated)
    views = [tracker.encode(frame) for frame in FRAMES]
    first, backward = tracker.track(views, START), tracker.track(views[::-1], START)
    cut = tracker.track(views[:2], START)
    np.testing.assert_array_equal(first.xy[:2], cut.xy)
    assert same(tracker.track(views, START), first)
    assert same(tracker.track([tracker.encode(frame) for frame in FRAMES[::-1]], START), backward)
