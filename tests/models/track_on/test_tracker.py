"""The adapter: our pixels, our contract, several tracks at once, and a checkpoint that must fit to the last entry."""

import numpy as np
import pytest
import torch

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.stage import Resources
from bleedkit.models.track_on.tracker import TrackOnTracker, TrackOnView
from bleedkit.models.trackers import TRACKERS

START = np.array([[100, 60], [300.5, 200.25], [5, 5]], np.float32)
SIZE = (480, 270)


@pytest.fixture(scope="module")
def checkpoint(network, tmp_path_factory):
    """A file as the official one is: entries under "model", with the names DataParallel gives them."""
    path = tmp_path_factory.mktemp("weights") / "track_on_checkpoint.pt"
    torch.save({"model": {f"module.{name}": tensor for name, tensor in network.state_dict().items()}}, path)
    return path


@pytest.fixture(scope="module")
def tracker(checkpoint):
    return TRACKERS["track_on"].build(Resources(weights={"track_on": checkpoint}))


@pytest.fixture(scope="module")
def views(frames):
    return [TrackOnView(frame, SIZE) for frame in frames]


def same(a, b, length):
    return all(
        np.array_equal(getattr(a, name)[:length], getattr(b, name)[:length]) for name in ("xy", "step_error", "hidden")
    )


def test_an_rgb_frame_of_any_size_is_encoded_and_left_alone(tracker, network):
    frame = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    frame.flags.writeable = False
    view = tracker.encode(frame)
    assert view.size == (160, 90)
    with torch.inference_mode():
        want = network.encode(torch.from_numpy(frame.transpose(2, 0, 1).copy())[None].float())
    assert torch.equal(view.features.seen[0], want.seen[0])
    assert torch.equal(view.features.decoded[3], want.decoded[3])


def test_answers_are_the_networks_in_the_frames_pixels(tracker, network, views, frames):
    tracks = tracker.track(views[:2], START)
    with torch.inference_mode():
        state = network.start(frames[0], torch.from_numpy(START * np.float32([512 / 480, 384 / 270]))[None], 48)
        _, state = network.step(frames[0], state)
        want, _ = network.step(frames[1], state)
    np.testing.assert_allclose(tracks.xy[1], want.xy[0].numpy() * [480 / 512, 270 / 384], rtol=1e-5)
    np.testing.assert_array_equal(tracks.hidden[1], want.visible[0].numpy() <= 0.8)
    np.testing.assert_array_equal(np.isinf(tracks.step_error[1]), want.uncertain[0].numpy() > 0.5)
    assert set(np.unique(tracks.step_error)) <= {0, np.inf}


def test_the_first_frame_is_the_start_itself(tracker, views):
    for length in (1, 3):
        tracks = tracker.track(views[:length], START)
        assert tracks.xy.shape == (length, 3, 2)
        np.testing.assert_array_equal(tracks.xy[0], START)
        assert not tracks.hidden[0].any()
        assert not tracks.step_error[0].any()


def test_it_ignores_the_future(tracker, views):
    assert same(tracker.track(views[:4], START), tracker.track(views[:3], START), length=3)


def test_several_tracks_at_once_are_as_one_by_one(tracker, views):
    """Two directions and a shorter segment with frames of another size, which share encoded frames."""
    small = [TrackOnView(view.features, (240, 135)) for view in views[2:4]]
    jobs = [(views[:3], START), (views[2::-1], START[:1]), (small, START[:2] / 2)]
    for together, (frames, start) in zip(tracker.track_many(jobs), jobs, strict=True):
        alone = tracker.track(frames, start)
        assert together.xy.shape == (len(frames), len(start), 2)
        np.testing.assert_allclose(together.xy, alone.xy, atol=1e-3)
        np.testing.assert_array_equal(together.hidden, alone.hidden)
        np.testing.assert_array_equal(together.step_error, alone.step_error)


def test_thresholds_and_refresh_are_heeded(checkpoint, tracker, views):
    weights = {"track_on": checkpoint}
    plain = tracker.track(views[:4], START)
    trusting = TrackOnTracker(weights=weights, visible_above=0.0, lost_above=1.0, refresh=2, memory=12)
    tracks = trusting.track(views[:4], START)
    assert plain.hidden[1:].any()
    assert not tracks.hidden.any()
    assert not tracks.step_error.any()
    assert not np.array_equal(tracks.xy[3:], plain.xy[3:])


def test_settings_name_every_number_and_the_weights(checkpoint):
    settings = TRACKERS["track_on"].settings(Resources(weights={"track_on": checkpoint}))
    assert settings["memory"] == 48
    assert settings["refresh"] is None
    assert len(settings["weights"]["track_on"]) == 64


@pytest.mark.parametrize("memory", [0, -1])
def test_a_memory_of_nothing_is_refused(checkpoint, memory):
    with pytest.raises(ValueError, match="memory holds 1 frame or more"):
        TrackOnTracker(weights={"track_on": checkpoint}, memory=memory)


def test_a_checkpoint_that_does_not_fit_is_named_entry_by_entry(network, tmp_path):
    tensors = dict(network.state_dict())
    del tensors["projection1.bias"]
    tensors |= {"projection2.weight": torch.zeros(2, 2), "head.weight": torch.zeros(1)}
    path = tmp_path / "other.pt"
    torch.save({"model": tensors}, path)
    with pytest.raises(BleedkitError) as raised:
        TrackOnTracker(weights={"track_on": path})
    for told in ("1 missing (projection1.bias)", "1 unexpected (head.weight)", "projection2.weight (2, 2)"):
        assert told in str(raised.value)
