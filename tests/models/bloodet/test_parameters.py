"""Which parameters learn from which loss (Eqs. 10-11)."""

import torch

from bleedkit.models.bloodet.parameters import mask_parameters, parameter_groups, point_parameters


def test_the_two_sets_are_all_parameters_and_share_none(make):
    model = make()
    theta, vartheta = mask_parameters(model), point_parameters(model)
    assert not {id(p) for p in theta} & {id(p) for p in vartheta}
    assert len(theta) + len(vartheta) == len(list(model.parameters()))
    assert any(p is model.image_encoder.trunk.pos_embed for p in theta)
    assert any(p is model.offset_x_proj[0].weight for p in vartheta)


def test_the_point_of_a_frame_alone_moves_the_points_set_and_what_both_read(make, clip):
    model = make()
    model(clip[:1, :1]).point.sum().backward()
    moved = {name.split(".")[0] for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    own = {"sam_point_decoder", "sam_prompt_encoder_none2"}
    assert moved == own | {"image_encoder", "no_mem_embed"}
    ours = {id(p) for p in point_parameters(model)}
    assert all(id(p) in ours for name, p in model.named_parameters() if name.split(".")[0] in own)


def test_the_image_encoder_learns_a_hundredth_as_fast(make):
    model = make()
    encoder, rest = parameter_groups(model)
    assert (encoder["lr"], rest["lr"]) == (5e-6, 5e-4)
    assert {id(p) for p in encoder["params"]} == {id(p) for p in model.image_encoder.parameters()}
    assert len(encoder["params"]) + len(rest["params"]) == len(list(model.parameters()))
    (points,) = parameter_groups(model, "point")
    assert points["lr"] == 5e-4
    assert {id(p) for p in points["params"]} == {id(p) for p in point_parameters(model)}
    masks = parameter_groups(model, "mask")
    assert {id(p) for group in masks for p in group["params"]} == {id(p) for p in mask_parameters(model)}


def test_alternating_steps_leave_the_other_set_alone(make, clip):
    model = make()
    for branch, still in (("mask", point_parameters(model)), ("point", mask_parameters(model))):
        kept = [p.detach().clone() for p in still]
        optimiser = torch.optim.Adam(parameter_groups(model, branch))
        found = model(clip[:1, :2])
        (found.mask_logits.mean() + found.point.sum()).backward()
        optimiser.step()
        model.zero_grad()
        assert all(torch.equal(p, before) for p, before in zip(still, kept, strict=True))
