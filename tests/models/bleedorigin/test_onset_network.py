import pytest
import torch

from bleedkit.models.bleedorigin.onset_loss import onset_loss, onset_targets
from bleedkit.models.bleedorigin.onset_network import OnsetNetwork

SMALL = {"window": 5, "memory": 2, "spacing": 2, "size": (16, 24), "channels": 4, "width": 16, "layers": 2, "heads": 4}


def still_flow(previous, current):
    """Not a flow, but frozen, and different for every pair and direction."""
    return 3 * (current - previous * previous)[:, :2]


def network(seed=0, **settings):
    torch.manual_seed(seed)
    return OnsetNetwork(flow=still_flow, **SMALL | settings).eval()


@torch.no_grad()
def choosy(model):
    """The same, with a judge that finds some of random pictures clean and others not."""
    clip, judge = some_clip(40), model.features.judge
    judge.fully_connected.weight *= 6
    judge.fully_connected.bias -= model.features.newest(clip, range(40))[1].flatten(0, 1).quantile(0.7, 0)
    return model


def some_clip(frames=14, *, batch=2, height=16, width=24):
    return torch.rand(batch, frames, 3, height, width, generator=torch.Generator().manual_seed(3))


def stepped(model, clip):
    state, said = model.start(), []
    for frame in clip.unbind(1):
        window, state = model.step(frame, state)
        said.append(window)
    return said, state


@torch.no_grad()
def in_steps(model, clip):
    windows = [window for window in stepped(model, clip)[0] if window is not None]
    return torch.stack([w.position for w in windows], 1), torch.stack([w.confidence_logit for w in windows], 1)


@pytest.mark.parametrize("settings", [{}, {"use_memory": False}, {"memory": 4, "spacing": 1}, {"chunk": 3}])
def test_steps_equal_the_clip(settings):
    model, clip = network(**settings), some_clip()
    model = choosy(model) if model.features.memory else model
    with torch.no_grad():
        whole = model(clip)
    position, confidence = in_steps(model, clip)
    assert whole.position.shape == (2, 10)  # 14 - 5 + 1
    assert torch.allclose(whole.position, position, atol=1e-4)
    assert torch.allclose(whole.confidence_logit, confidence, atol=1e-4)


@torch.no_grad()
def test_a_choosy_memory_holds_some_views_of_each_clip_and_not_the_same():
    model, clip = choosy(network()), some_clip()
    _, logits = model.features.newest(clip, range(14))
    chosen = model.features.choose(logits)
    stored = chosen.stored.sum(-1)
    assert (stored.amax(1) > 0).all()
    numbers = [set(chosen.numbers[b][chosen.stored[b]].tolist()) for b in range(2)]
    assert numbers[0] != numbers[1]
    assert all(len(some) < 13 for some in numbers)


@torch.no_grad()
def test_a_view_is_stored_two_frames_later_at_the_earliest():
    # Frame 0 is judged when frame 1 is there, after frame 1 has been compared; a fresh judge keeps every other view.
    model = network()
    model.features.judge.fully_connected.weight.zero_()
    chosen = model.features.choose(model.features.newest(some_clip(8, batch=1), range(8))[1])
    held = [chosen.numbers[0, t][chosen.stored[0, t]].tolist() for t in range(8)]
    assert held == [[], [], [0], [0], [0, 2], [0, 2], [2, 4], [2, 4]]


@torch.no_grad()
def test_no_window_looks_at_later_frames():
    model, clip = choosy(network()), some_clip()
    whole = model(clip)
    for frames in range(5, 14):
        cut = model(clip[:, :frames])
        assert torch.allclose(cut.position, whole.position[:, : frames - 4], atol=1e-5)
        assert torch.allclose(cut.confidence_logit, whole.confidence_logit[:, : frames - 4], atol=1e-5)


@torch.no_grad()
def test_a_window_looks_at_its_last_frame_and_memory_at_frames_before_it():
    model, clip = network(), some_clip()
    whole = model(clip)
    last, first = clip.clone(), clip.clone()
    last[:, 9] = 1 - last[:, 9]
    changed = model(last)
    assert torch.allclose(changed.position[:, :5], whole.position[:, :5], atol=1e-5)  # they end at 4..8
    assert not torch.allclose(changed.position[:, 5], whole.position[:, 5], atol=1e-5)
    first[:, 0] = 1 - first[:, 0]
    # Frame 0 is a stored view of frames 2..5; window 3 covers 3..7.
    assert not torch.allclose(model(first).position[:, 3], whole.position[:, 3], atol=1e-5)
    forgetful = network(use_memory=False)
    assert torch.allclose(forgetful(first).position[:, 3], forgetful(clip).position[:, 3], atol=1e-6)


@torch.no_grad()
def test_the_state_is_bounded_and_the_old_one_is_unchanged():
    def size(state):
        parts = [state.previous, state.memory.views, state.memory.cleanness, state.memory.stored, state.memory.since]
        return sum(part.numel() for part in [*parts, state.features])

    model, clip = network(), some_clip(30)
    _, early = stepped(model, clip[:, :8])
    _, late = stepped(model, clip)
    assert size(early) == size(late)
    parts = [early.previous, early.memory.views, early.features]
    before = [part.clone() for part in parts]
    first, _ = model.step(clip[:, 8], early)
    assert all(torch.equal(a, b) for a, b in zip(before, parts, strict=True))
    again, _ = model.step(clip[:, 8], early)
    assert torch.equal(first.position, again.position)


@torch.no_grad()
def test_frames_of_another_size_are_stretched_to_the_working_size():
    model = network()
    large = some_clip(height=32, width=72)
    small = torch.nn.functional.interpolate(
        large.flatten(0, 1), (16, 24), mode="bilinear", antialias=True, align_corners=False
    ).view(2, 14, 3, 16, 24)
    assert torch.allclose(model(large).position, model(small).position, atol=1e-5)
    assert torch.allclose(in_steps(model, large)[0], model(small).position, atol=1e-4)


def test_a_clip_shorter_than_a_window_is_refused():
    with pytest.raises(ValueError, match="a clip of 4 frames has no window of 5"):
        network()(some_clip(4))


@pytest.mark.parametrize("checkpointed", [False, True])
def test_every_parameter_learns(checkpointed):
    model = network(checkpointed=checkpointed).train()
    said = model(some_clip())
    targets = onset_targets(torch.tensor([7, 9]), windows=10, window=5)
    onset_loss(said, targets, window=5).backward()
    still = [name for name, parameter in model.named_parameters() if not parameter.grad.abs().sum() > 0]
    # A bias of the keys moves all scores of a frame alike, which a softmax does not see.
    assert [name for name in still if not name.endswith("attention.key.bias")] == []


def test_making_maps_again_gives_the_same_gradients():
    gradients = []
    for checkpointed in (False, True):
        model = network(checkpointed=checkpointed, dropout=0.0).train()
        model(some_clip()).confidence_logit.sum().backward()
        gradients.append(model.features.encoder.maps.rgb[0].weight.grad)
    assert torch.allclose(*gradients, atol=1e-6)


def test_without_memory_there_is_no_judge_to_count():
    names = [name for name, _ in network(use_memory=False).named_parameters()]
    assert not any("judge" in name or "features.attention" in name for name in names)
