import colorsys

import torch

from bleedkit.models.bleedorigin.domains import COLOUR_UNIT, FLOW_UNIT, domain_differences, hsv_difference, hsv_of


def one_pixel(*values):
    return torch.tensor(values).view(1, 3, 1, 1)


def test_hsv_is_that_of_the_standard_library():
    rng = torch.Generator().manual_seed(0)
    colours = torch.rand(200, 3, generator=rng)
    colours[:4] = torch.tensor([[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0.5]])
    expected = torch.tensor([colorsys.rgb_to_hsv(*colour) for colour in colours.tolist()])
    found = hsv_of(colours[..., None, None])[..., 0, 0]
    assert torch.allclose(found, expected, atol=1e-5)


def test_hue_goes_the_short_way_round():
    # From 0.95 to 0.05 of a turn: a tenth of a turn forward, 0.2 half turns, by the lesser saturation 0.5.
    change = hsv_difference(one_pixel(0.95, 1.0, 0.4), one_pixel(0.05, 0.5, 0.7))
    assert torch.allclose(change.flatten(), torch.tensor([0.2 * 0.5, -0.5, 0.3]), atol=1e-6)
    back = hsv_difference(one_pixel(0.05, 0.5, 0.7), one_pixel(0.95, 1.0, 0.4))
    assert torch.allclose(back, -change)


def test_the_hue_of_grey_says_nothing():
    assert hsv_difference(one_pixel(0.0, 0.0, 0.5), one_pixel(0.4, 0.9, 0.5)).flatten()[0] == 0


def test_differences_are_current_less_reference_and_flow_is_in_its_unit():
    reference = torch.full((2, 3, 8, 20), 0.25)
    current = torch.full((2, 3, 8, 20), 0.75)
    pixels = torch.tensor([3.0, -2.0]).view(1, 2, 1, 1)

    def flow(before, after):
        assert torch.equal(before, reference) and torch.equal(after, current)
        return pixels.expand(2, 2, 8, 20)

    change = domain_differences(reference, current, flow)
    assert torch.equal(COLOUR_UNIT * change.rgb, torch.full((2, 3, 8, 20), 0.5))
    assert torch.equal(COLOUR_UNIT * change.hsv[:, 2], torch.full((2, 8, 20), 0.5))
    assert torch.allclose(FLOW_UNIT * change.flow, (pixels / 20).expand_as(change.flow))


def test_flow_of_smaller_pictures_says_the_same():
    # Everything has moved by a tenth of the width: 4 of 40 pixels, and 2 of 20 where the pictures are half as wide.
    sizes = []

    def flow(before, after):
        sizes.append(before.shape[-2:])
        return torch.full((1, 2, *before.shape[-2:]), before.shape[-1] / 10)

    pictures = torch.zeros(2, 1, 3, 16, 40)
    large = domain_differences(*pictures, flow)
    small = domain_differences(*pictures, flow, flow_shrink=2)
    assert sizes == [(16, 40), (8, 20)]
    assert small.flow.shape == large.flow.shape
    assert torch.allclose(small.flow, large.flow)
    assert torch.allclose(small.flow, torch.tensor(0.1 / FLOW_UNIT))


def test_the_first_pairs_of_several():
    pictures = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    change = domain_differences(pictures, pictures.flip(0), lambda a, b: (b - a)[:, :2])
    first = change.first(2)
    assert torch.equal(first.rgb, change.rgb[:2])
    assert torch.equal(first.hsv, change.hsv[:2])
    assert torch.equal(first.flow, change.flow[:2])
