"""SAM 2 with a point head: online, bounded, in the published size, and it learns."""

import pytest
import torch

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.bloodet.losses import LossWeights, RegionPointTruth, mask_branch_loss, point_branch_loss
from bleedkit.models.bloodet.size import TINY
from bleedkit.models.sam2_point import Sam2Point, start_from_sam2
from bleedkit.models.weights import loaded_digest


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Sam2Point(size=TINY).eval()


@pytest.fixture(scope="module")
def clip():
    return torch.rand(1, 20, 3, 128, 128, generator=torch.Generator().manual_seed(1))


def outputs(found):
    return found.mask_logits, found.point, found.presence_logit


def test_steps_equal_the_clip_call_and_the_state_is_bounded(model, clip):
    state, sizes = model.start(), []
    with torch.no_grad():
        whole = model(clip)
        for at, frame in enumerate(clip.unbind(1)):
            before = state
            found, state = model.step(frame, before)
            again, _ = model.step(frame, before)
            for one, two, all_of_them in zip(outputs(found), outputs(again), outputs(whole), strict=True):
                torch.testing.assert_close(one, all_of_them[:, at], atol=1e-4, rtol=0)
                torch.testing.assert_close(one, two, atol=0, rtol=0, msg="the old state must be unchanged")
            sizes.append(len(state.first) + len(state.recent))
    assert sizes == [*range(1, 17), 16, 16, 16, 16]
    assert whole.mask_logits.shape == (1, 20, 1, 32, 32)
    assert (whole.point > 0).all() and (whole.point < 1).all()


def test_no_answer_hangs_on_a_later_frame_but_all_on_earlier_ones(model, clip):
    with torch.no_grad():
        whole, cut = model(clip[:, :6]), model(clip[:, :4])
        other = model(torch.cat([clip[:, :1].flip(-1), clip[:, 1:4]], 1))
    for one, two in zip(outputs(whole), outputs(cut), strict=True):
        torch.testing.assert_close(one[:, :4], two, atol=1e-4, rtol=0)
    assert (other.presence_logit[:, 3] != cut.presence_logit[:, 3]).all()


def test_pictures_of_another_size_are_refused(model):
    with pytest.raises(ValueError, match=r"must be \(3, 128, 128\), got \(3, 64, 64\)"):
        model(torch.zeros(1, 1, 3, 64, 64))


@pytest.mark.slow
def test_the_full_size_is_the_published_one():
    """SurgBlood Table 2: 81.0 M. SAM 2's base+ has 80.83 M of them, the head 256-256-256-2 the rest."""
    head = 2 * (256 * 256 + 256) + 256 * 2 + 2
    model = Sam2Point()
    assert sum(parameter.numel() for parameter in model.point_head.parameters()) == head
    assert round(sum(parameter.numel() for parameter in model.parameters()) / 1e6, 1) == 81.0


def test_sam_2s_weights_go_in_and_the_point_head_keeps_its_own(model, tmp_path):
    file = tmp_path / "sam2.pt"
    tensors = {name: tensor + 1 for name, tensor in model.sam2.state_dict().items()}
    torch.save({"model": tensors}, file)
    torch.manual_seed(5)
    other = Sam2Point(size=TINY)
    head = {name: tensor.clone() for name, tensor in other.point_head.state_dict().items()}
    start_from_sam2(other, file)
    for name, tensor in other.sam2.state_dict().items():
        torch.testing.assert_close(tensor, tensors[name])
    for name, tensor in other.point_head.state_dict().items():
        torch.testing.assert_close(tensor, head[name])
    assert loaded_digest(other) is None, "its head is random still"

    torch.save({"model": {name: tensor for name, tensor in tensors.items() if "memory_encoder" not in name}}, file)
    with pytest.raises(BleedkitError, match="missing"):
        start_from_sam2(other, file)


@pytest.mark.slow
def test_it_learns_a_clip_by_heart():
    torch.manual_seed(0)
    made = Sam2Point(size=TINY)
    frames, truth = squares()
    optimiser = torch.optim.Adam(made.parameters(), 1e-3)
    for _ in range(100):
        found = made(frames)
        loss = mask_branch_loss(found, truth) + point_branch_loss(found, truth, LossWeights(point=10.0))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(made.parameters(), 1.0)
        optimiser.step()
    with torch.no_grad():
        found = made.eval()(frames)
    inside, true = found.mask_logits > 0, torch.nn.functional.interpolate(truth.mask[0], (32, 32))[None] > 0
    assert float((inside & true).sum() / (inside | true).sum()) > 0.7
    assert float((found.point - truth.point).norm(dim=-1)[truth.present].max()) < 0.1
    assert ((found.presence_logit > 0) == truth.present).all()


def squares():
    """Three frames of noise, 128 px; the first two have a red square, each elsewhere, whose middle is the source."""
    frames = 0.3 * torch.rand(1, 3, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    mask, point = torch.zeros(1, 3, 1, 128, 128), torch.zeros(1, 3, 2)
    for at, (x, y) in enumerate([(16, 16), (80, 60)]):
        frames[0, at, 0, y : y + 32, x : x + 32] = 1.0
        mask[0, at, 0, y : y + 32, x : x + 32] = 1
        point[0, at] = torch.tensor([(x + 16) / 128, (y + 16) / 128])
    return frames, RegionPointTruth(mask, point, torch.tensor([[True, True, False]]))
