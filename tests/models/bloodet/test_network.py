"""BlooDet as a whole: online, bounded, trainable through both branches, with a switch for every ablation."""

from dataclasses import fields

import pytest
import torch

from bleedkit.models.bloodet.network import ABSENT, BlooDet
from bleedkit.models.bloodet.parameters import idle_parameters
from bleedkit.models.bloodet.size import MEMORIES, POINTERS, TINY

VARIANTS = ("paper", "code")


def outputs(found):
    return {field.name: getattr(found, field.name) for field in fields(found)}


def assert_alike(found, expected, **within):
    for name, values in outputs(found).items():
        torch.testing.assert_close(
            values, outputs(expected)[name], **within, msg=lambda text, name=name: f"{name}: {text}"
        )


def stepped(model, clip):
    state, found = model.start(), []
    for frame in clip.unbind(1):
        answer, state = model.step(frame, state)
        found.append(outputs(answer))
    return {name: torch.stack([answer[name] for answer in found], dim=1) for name in found[0]}, state


@pytest.fixture(autouse=True)
def no_gradients(request):
    with torch.set_grad_enabled("gradient" in request.node.name):
        yield


@pytest.mark.parametrize("variant", VARIANTS)
def test_steps_equal_the_clip_call(make, clip, variant):
    model = make(variant=variant)
    whole = outputs(model(clip))
    by_steps, _ = stepped(model, clip)
    for name, values in whole.items():
        torch.testing.assert_close(values, by_steps[name], atol=1e-4, rtol=0)
        assert values.shape[:2] == clip.shape[:2]
    assert whole["mask_logits"].shape[2:] == whole["edge_logits"].shape[2:] == (1, 32, 32)
    assert (whole["point"] >= 0).all() and (whole["point"] <= 1).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_output_hangs_on_a_later_frame(make, clip, variant):
    model = make(variant=variant)
    whole, cut = outputs(model(clip)), outputs(model(clip[:, :5]))
    for name, values in cut.items():
        torch.testing.assert_close(whole[name][:, :5], values, atol=1e-4, rtol=0)
    other = clip.clone()
    other[:, 5:] = other[:, 5:].flip(-1)
    changed = outputs(model(other))
    for name, values in changed.items():
        torch.testing.assert_close(whole[name][:, :5], values[:, :5], atol=0, rtol=0)
        assert not torch.allclose(whole[name][:, 5:], values[:, 5:], atol=1e-3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_outputs_hang_on_earlier_frames(make, clip, variant):
    model = make(variant=variant)
    other = clip.clone()
    other[:, 3] = other[:, 3].flip(-1)
    for name, values in outputs(model(other)).items():
        assert not torch.equal(outputs(model(clip))[name][:, 4:], values[:, 4:]), name


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_state_is_bounded_and_steps_leave_the_old_one_alone(make, clip, variant):
    model = make(variant=variant)
    long = torch.cat([clip[:1], clip[1:]], dim=1)  # 20 frames
    _, state = stepped(model, long)
    assert len(state.memories) == MEMORIES
    assert len(state.pointers) == POINTERS - 1
    before = [memory.mask.clone() for memory in state.memories]
    first, _ = model.step(long[:, 0], state)
    again, after = model.step(long[:, 0], state)
    assert_alike(first, again, atol=0, rtol=0)
    assert all(torch.equal(memory.mask, kept) for memory, kept in zip(state.memories, before, strict=True))
    assert after.first is state.first and after.recent[:-1] == state.recent[1:]


# Rounded memories and masks make steps of the last digits, which a batch of another size moves.
@pytest.mark.parametrize(("variant", "bound"), [("paper", 1e-4), ("code", 1e-2)])
def test_clips_of_a_batch_do_not_see_each_other(make, clip, variant, bound):
    model = make(variant=variant)
    together = outputs(model(clip[:, :4]))
    for number in range(len(clip)):
        for name, values in outputs(model(clip[number : number + 1, :4])).items():
            torch.testing.assert_close(together[name][number : number + 1], values, atol=bound, rtol=0)


def test_the_papers_form_asks_for_one_flow_a_frame(make, clip, sway):
    model = make()
    model(clip[:1])
    assert sway.pairs == 9
    stepped(model, clip[:1])
    assert sway.pairs == 18


def test_the_released_form_asks_for_the_flow_from_every_memory(make, clip, sway):
    stepped(make(variant="code"), clip[:1])
    assert sway.pairs == 1 + 2 + 3 + 4 + 5 + 6 + 7 + 7 + 7


def test_each_memory_keeps_the_mean_offset_of_its_own_frame(make, clip):
    model = make()
    _, state = stepped(model, clip[:1, :4])
    frames = clip[:1].unbind(1)
    assert torch.equal(state.first.offset, torch.zeros(1, 2))
    whole = model(clip[:1, :4])
    for memory, number in zip(state.recent, (1, 2, 3), strict=True):
        logits = torch.nn.functional.interpolate(whole.mask_logits[:, number], (128, 128), mode="bilinear")
        flow = model.flow(frames[number - 1], frames[number])
        expected = ((1 - torch.sigmoid(logits)) * flow).mean(dim=(2, 3))  # Eq. 5
        torch.testing.assert_close(memory.offset, expected, atol=1e-4, rtol=1e-4)


def test_presence_gates_the_region_in_the_released_form_only(make, clip):
    for variant, gated in (("code", True), ("paper", False)):
        model = make(variant=variant)
        model.sam_point_decoder.pred_obj_score_head.layers[2].bias.fill_(-100)
        found = model(clip[:1, :2])
        assert (found.presence_logit < 0).all()
        assert (found.mask_logits == ABSENT).all() == gated
        assert torch.equal(model.step(clip[:1, 0], model.start())[1].first.pointer, model.no_obj_ptr) == gated


# Settings, and the first frame whose point and region they change; None: never.
ROWS = {
    "no edge generator": ({"edge": "none"}, 1, 0),
    "no laplacian": ({"edge": "no_laplacian"}, 1, 0),
    "no high-resolution features": ({"edge": "no_high_res"}, 1, 0),
    "no point memory": ({"point_memory": False}, 1, 1),
    "no optical flow": ({"motion": "none"}, 1, 1),
    "global flow": ({"motion": "global"}, 2, 2),
    "foreground flow": ({"motion": "foreground"}, 2, 2),
    "no point prompt": ({"point_prompt": False}, 1, 0),
    "no mask memory": ({"mask_memory": False}, 1, 1),
}


@pytest.mark.parametrize("row", ROWS)
def test_every_ablation_changes_what_it_should_and_nothing_before(make, clip, row):
    settings, point, region = ROWS[row]
    full, less = make()(clip[:1, :4]), make(**settings)(clip[:1, :4])
    for name, first in (("point", point), ("mask_logits", region)):
        same = [
            torch.allclose(a, b, atol=1e-6) for a, b in zip(*(getattr(f, name)[0] for f in (full, less)), strict=True)
        ]
        assert same == [number < first for number in range(4)], name
    assert (less.edge_logits is None) == (row == "no edge generator")


@pytest.mark.parametrize("settings", [{}, {"variant": "code"}, {"motion": "global"}])
def test_motion_without_a_flow_is_refused(settings):
    with pytest.raises(ValueError, match="motion='none'"):
        BlooDet(flow=None, size=TINY, **settings)
    BlooDet(flow=None, size=TINY, **{**settings, "motion": "none"})
    BlooDet(flow=None, size=TINY, **{**settings, "point_memory": False})


def test_pictures_of_another_size_are_refused(make):
    with pytest.raises(ValueError, match=r"\(3, 128, 128\), got \(3, 128, 160\)"):
        make()(torch.zeros(1, 2, 3, 128, 160))


def test_a_flow_model_that_is_a_module_is_no_part_of_the_network():
    flow = torch.nn.Conv2d(3, 2, 3)
    model = BlooDet(flow=flow, size=TINY)
    assert model.flow is flow
    assert not any(module is flow for module in model.modules())


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"variant": "code"},
        *(row[0] for row in ROWS.values()),
    ],
    ids=str,
)
def test_gradients_reach_every_parameter_but_those_listed(make, clip, settings):
    model = make(**settings).train()
    found = model(clip[:, :3])
    losses = [found.mask_logits.mean(), found.point.sum(), found.presence_logit.sum()]
    sum(losses).backward()
    idle = {name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()}
    used_when_absent = {"no_obj_ptr"} if settings.get("variant") == "code" else set()
    assert idle - used_when_absent == set(idle_parameters(model)) - used_when_absent


def test_gradients_of_the_region_reach_the_point_branch_and_back(make, clip):
    model = make()
    model(clip[:1, :1]).mask_logits.sum().backward()
    assert model.sam_point_decoder.iou_token.weight.grad.any()  # through the point prompt
    model.zero_grad()
    model(clip[:1, :2]).point[:, 1].sum().backward()
    assert model.sam_mask_decoder.iou_token.weight.grad.any()  # through the mask memory


def test_tables_2_and_6_count_91_58_and_90_99_million():
    def count(**settings):
        return sum(p.numel() for p in BlooDet(flow=lambda *_: None, **settings).parameters() if p.requires_grad)

    assert count() == count(variant="code") == 91_581_284
    assert count(edge="none") == 91_581_284 - 590_521
