"""The adapter to our trackers: pixels, settings and files. What holds for every tracker is tests/contract's."""

import numpy as np
import pytest
import torch

from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.bleedorigin.adapters import Adapters, AdapterSettings
from bleedkit.models.bleedorigin.change_maps import ChangeMaps
from bleedkit.models.bleedorigin.track_clip import track_clip
from bleedkit.models.bleedorigin.track_network import TrackNetwork
from bleedkit.models.bleedorigin.track_tracker import BleedOriginTracker, load_track_network
from bleedkit.models.track_on.tracker import TrackOnTracker, load_network

START = np.array([[40, 30], [20.5, 70.25]], np.float32)
FRAMES = [np.random.default_rng(t).integers(0, 256, (90, 160, 3), np.uint8) for t in range(3)]


@pytest.fixture
def files(small_track_on, tmp_path):
    """A small Track-On's checkpoint, and adapters trained on it that do something."""
    base, adapters = tmp_path / "track_on.pt", tmp_path / "adapters.safetensors"
    torch.save({"model": small_track_on().state_dict()}, base)
    made = Adapters(TrackNetwork(load_network(base)), AdapterSettings(kind="lora", rank=2))
    with torch.no_grad():
        for parameter in made.network.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn_like(parameter))
    made.save(adapters, file_digest(base))
    return {"track_on": base, "bleedorigin_track": adapters}


def test_answers_are_the_networks_in_the_frames_pixels(files):
    tracker = BleedOriginTracker(weights=files, memory=5)
    views = [tracker.encode(frame) for frame in FRAMES]
    assert views[0].size == (160, 90)
    tracks = tracker.track(views, START)
    network = load_track_network(files["track_on"], files["bleedorigin_track"])
    scale = np.float32([128 / 160, 96 / 90])
    with torch.inference_mode():
        frames = [network.encode(torch.from_numpy(f.transpose(2, 0, 1).copy())[None].float()) for f in FRAMES]
        xy, times = torch.from_numpy(START * scale)[None], torch.zeros(1, 2, dtype=torch.long)
        want = list(track_clip(network, frames, times, xy, memory=5))
    for t in (1, 2):
        np.testing.assert_allclose(tracks.xy[t], want[t].xy[0].numpy() / scale, rtol=1e-5)
        np.testing.assert_array_equal(tracks.hidden[t], want[t].visible[0].numpy() <= 0.8)
        np.testing.assert_array_equal(np.isinf(tracks.step_error[t]), want[t].uncertain[0].numpy() > 0.5)
    np.testing.assert_array_equal(tracks.xy[0], START)


def test_the_adapters_count_and_without_what_they_learnt_it_is_track_on(files, tmp_path):
    tracker, plain = BleedOriginTracker(weights=files), TrackOnTracker(weights=files)
    views, others = ([each.encode(frame) for frame in FRAMES] for each in (tracker, plain))
    theirs = plain.track(others, START)
    assert not np.allclose(tracker.track(views, START).xy, theirs.xy, atol=1)
    untrained = tmp_path / "untrained.safetensors"
    network = TrackNetwork(load_network(files["track_on"]))
    Adapters(network, AdapterSettings(kind="lora")).save(untrained, file_digest(files["track_on"]))
    tracker = BleedOriginTracker(weights={**files, "bleedorigin_track": untrained})
    tracks = tracker.track([tracker.encode(frame) for frame in FRAMES], START)
    np.testing.assert_allclose(tracks.xy, theirs.xy, atol=1e-2)
    np.testing.assert_array_equal(tracks.hidden, theirs.hidden)


def test_refresh_is_heeded(files):
    plain, refreshed = (BleedOriginTracker(weights=files, refresh=refresh) for refresh in (None, 1))
    views = [plain.encode(frame) for frame in FRAMES]
    a, b = plain.track(views, START), refreshed.track(views, START)
    np.testing.assert_array_equal(a.xy[:2], b.xy[:2])
    assert not np.array_equal(a.xy[2], b.xy[2])


def test_adapters_of_another_base_and_with_mdg_are_refused(files, small_track_on, tmp_path):
    other = tmp_path / "other.pt"
    torch.save({"model": small_track_on(seed=1).state_dict()}, other)
    with pytest.raises(BleedkitError, match="belongs to a checkpoint of Track-On"):
        BleedOriginTracker(weights={**files, "track_on": other})
    gated = tmp_path / "gated.safetensors"
    network = TrackNetwork(load_network(files["track_on"]), changes=ChangeMaps(4))
    Adapters(network, AdapterSettings(kind="lora")).save(gated, file_digest(files["track_on"]))
    with pytest.raises(BleedkitError, match="trained with MDG"):
        BleedOriginTracker(weights={**files, "bleedorigin_track": gated})
    with pytest.raises(ValueError, match="memory holds 1 frame or more"):
        BleedOriginTracker(weights=files, memory=0)
