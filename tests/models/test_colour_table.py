import numpy as np

from bleedkit.models.colour_table import ColourTable

RED, PINK = (200, 20, 20), (200, 120, 110)


def picture(colour=RED):
    rgb = np.full((40, 60, 3), PINK, np.uint8)
    mask = np.zeros((40, 60), bool)
    mask[10:20, 30:50] = True
    rgb[mask] = colour
    return rgb, mask


def test_it_finds_the_colour_that_was_blood():
    table = ColourTable.learn([picture()])
    rgb, mask = picture()
    seen = next(table.frames([(7, rgb)]))
    assert (seen.frame, seen.present) == (7, True)
    assert (seen.mask & mask).sum() / (seen.mask | mask).sum() > 0.9
    np.testing.assert_allclose(seen.point, (40, 15), atol=0.5)  # the middle of columns 30 to 49 and rows 10 to 19


def test_a_colour_never_seen_is_as_likely_as_blood_is():
    table = ColourTable.learn([picture()])
    seen = next(table.frames([(0, np.full((40, 60, 3), (0, 255, 0), np.uint8))]))
    assert not seen.present
    assert not seen.mask.any()
    np.testing.assert_allclose(seen.point, (30, 20))


def test_what_it_was_taught_decides():
    rgb, mask = picture()
    taught_otherwise = ColourTable.learn([(rgb, ~mask)])
    seen = next(taught_otherwise.frames([(0, rgb)]))
    assert (seen.mask & ~mask).sum() > (seen.mask & mask).sum()


def test_the_order_of_pictures_is_irrelevant():
    pictures = [picture(), picture((10, 200, 10))]
    a, b = (next(ColourTable.learn(p).frames([(0, picture()[0])])) for p in (pictures, pictures[::-1]))
    np.testing.assert_array_equal(a.mask, b.mask)
