"""Shading, rods, instruments, veils, optics and noise, each against values worked by hand."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.phantom import noise
from bleedkit.datasets.phantom.config import OpticsConfig, PatientLook, PhantomClip, ViewShape
from bleedkit.datasets.phantom.instruments import draw, instruments_of
from bleedkit.datasets.phantom.optics import Optics, interlace
from bleedkit.datasets.phantom.pixel_sampling import pixel_centres, pull_along, sample_field, smooth_step
from bleedkit.datasets.phantom.rods import Rod, across_rod, box_of
from bleedkit.datasets.phantom.shading import ACTIVE_SHARE, Film, bloodied, shade
from bleedkit.datasets.phantom.truth import Cover, cover_at
from bleedkit.datasets.phantom.veils import Veils
from bleedkit.datasets.schema import ImageSize

SIZE = ImageSize(96, 64)


def clip_of(**changes: object) -> PhantomClip:
    values = {"seed": 5, "size": SIZE, "n_frames": 20, "fps": 10.0, "onset_frame": 2, "site": "vessel"}
    return PhantomClip(**(values | {"patient": PatientLook.of(1, "vessel")} | changes))


def film(depth: float, fresh: float = 1.0, stain: float = 0.0) -> Film:
    value = torch.zeros(1, 1)
    return Film(value + depth, value, value, value + fresh, value + stain, value)


def test_no_blood_leaves_the_tissues_colour_and_deep_blood_hides_it():
    tissue = torch.tensor([0.5, 0.3, 0.2])[:, None, None]
    torch.testing.assert_close(bloodied(tissue, film(0.0)), tissue)
    deep = bloodied(tissue, film(50.0))
    torch.testing.assert_close(deep, bloodied(torch.zeros(3, 1, 1), film(50.0)))
    # Beer-Lambert, green: absorbance 13 per mm, so 0.1 mm leaves exp(-1.3) = 0.2725 of the tissue's own green.
    rise = bloodied(tissue, film(0.1)) - bloodied(tissue - 0.1, film(0.1))
    assert float(rise[1]) == pytest.approx(0.1 * 0.2725, abs=1e-5)


@given(st.floats(0, 5), st.floats(0, 5))
def test_more_blood_is_never_greener(a, b):
    tissue = torch.tensor([0.5, 0.3, 0.2])[:, None, None]
    thin, thick = (bloodied(tissue, film(depth))[1] for depth in sorted((a, b)))
    assert float(thick) <= float(thin) + 1e-7


def test_active_pooled_and_dried_exclude_each_other():
    for depth, fresh, stain, which in [
        (0.5, 1.0, 0.8, "active"),
        (0.5, ACTIVE_SHARE - 0.01, 0.8, "pooled"),
        (0.0, 1.0, 0.8, "dried"),
        (0.0, 1.0, 0.0, ""),
    ]:
        one = film(depth, fresh, stain)
        assert [name for name in ("active", "pooled", "dried") if bool(getattr(one, name))] == [which][: bool(which)]


def test_a_flat_surface_seen_straight_on_has_its_own_colour_and_fades_with_the_square_of_distance():
    tissue = torch.tensor([0.5, 0.3, 0.2, 0.0, 0.0, 0.0, 0.0])[:, None, None]  # no slope, no gloss
    toward = torch.tensor([0.0, 0.0, 50.0])[:, None, None]
    near = shade(tissue, film(0), toward, rest_mm=50.0, ripple=None, glare=1.0)
    torch.testing.assert_close(near, tissue[:3])
    torch.testing.assert_close(shade(tissue, film(0), 2 * toward, rest_mm=50.0, ripple=None, glare=1.0), near / 4)
    glossy = tissue.clone()
    glossy[5] = 1
    assert (shade(glossy, film(0), toward, rest_mm=50.0, ripple=None, glare=1.0) > 1).all()  # the lamp's mirror image
    aside = torch.tensor([40.0, 0.0, 30.0])[:, None, None]
    assert (shade(glossy, film(0), aside, rest_mm=50.0, ripple=None, glare=1.0) < 0.5).all()


def test_fields_are_read_where_their_texels_are():
    field = torch.arange(16.0).reshape(1, 4, 4)  # 4 texels over [-2, 2] mm: 1 mm each
    at = torch.tensor([[-1.5, 0.5, 1.0], [-1.5, 1.5, 0.0]])[:, None, :]  # x then y
    # Texel (0, 0); texel (row 3, column 2); halfway between columns 2 and 3, rows 1 and 2.
    torch.testing.assert_close(sample_field(field, at, 2.0)[0, 0], torch.tensor([0.0, 14.0, 8.5]))


def test_pulling_an_image_along_moves_it_forward():
    image = torch.zeros(1, 8, 8)
    image[0, 4, 3] = 1
    motion = torch.zeros(2, 8, 8)
    motion[0] = 2.0
    moved = pull_along(image, motion, 0.5, pixel_centres(ImageSize(8, 8), "cpu"))
    assert float(moved[0, 4, 4]) == pytest.approx(1)
    assert float(moved.sum()) == pytest.approx(1)


def test_smooth_step():
    values = smooth_step(torch.tensor([0.0, 1.0, 1.5, 2.0, 3.0]), 1.0, 2.0)
    torch.testing.assert_close(values, torch.tensor([0.0, 0.0, 0.5, 1.0, 1.0]))


def test_a_rods_distances_as_worked_by_hand():
    rod = Rod(np.array([2.0, 4.0]), np.array([6.0, 4.0]), (1.0, 2.0), (1, 1, 1), 0)
    points = torch.tensor([[4.0, 8.0], [7.0, 4.0]])[:, None, :]  # 3 px beside the middle; 2 px beyond the end
    across, radius = across_rod(rod, points, np.zeros(2))
    torch.testing.assert_close(across.abs()[0], torch.tensor([3.0, 2.0]))
    torch.testing.assert_close(radius[0], torch.tensor([1.5, 2.0]))
    assert box_of(rod, torch.Size([20, 30]), np.zeros(2), 0.0) == (slice(2, 6), slice(0, 8))
    assert box_of(rod, torch.Size([20, 30]), np.array([100.0, 0.0]), 0.0) is None


@pytest.mark.parametrize("site", ["vessel", "cardia"])
def test_an_instrument_covers_its_own_axis_and_the_source_when_it_interferes(site):
    clip = clip_of(site=site, scenarios={"instrument interference": 1.0}, n_frames=60, size=ImageSize(192, 160))
    source = np.tile([96.0, 80.0], (60, 1))
    instrument = instruments_of(clip, source)[0]
    covered = []
    for t in range(60):
        light, cover = torch.zeros(3, 160, 192), torch.zeros(160, 192)
        draw(light, cover, instrument, t, pixel_centres(clip.size, "cpu"))
        covered.append(bool(cover[80, 96] > 0.5))
        assert ((light.sum(dim=0) > 0) <= (cover > 0)).all()
        body = 0.5 * (instrument.parts(t)[1].start + instrument.parts(t)[1].end)
        if clip.size.holds(*body):
            assert float(cover[int(body[1]), int(body[0])]) == 1
    assert 0 < sum(covered) < 60
    assert len(instruments_of(clip, source)) == (2 if site == "vessel" else 1)


def test_veils_are_there_only_when_asked_for():
    clean, dirty = Veils(clip_of(), "cpu"), Veils(clip_of(scenarios={"smoke": 1.0, "obscured view": 1.0}), "cpu")
    assert clean.smoke(10) is None is clean.smear(10)
    smoke, smear = dirty.smoke(10), dirty.smear(10)
    assert smoke is not None is not smear
    assert smoke.shape == smear.shape == (64, 96)
    assert float(smoke.mean()) > 0.3
    assert 0 <= float(smear.min()) <= float(smear.max()) <= 0.85 + 1e-6


def test_the_view_has_its_shape():
    def valid(shape: ViewShape) -> np.ndarray:
        return Optics(clip_of(optics=OpticsConfig(view=shape)), "cpu").valid

    assert valid(ViewShape.FULL).all()
    # Round: radius max(0.44 * 96, 32) = 42.2 px about (48, 32), cut off by top and bottom.
    rows, columns = np.mgrid[0:64, 0:96] + 0.5
    far = np.hypot(columns - 48, rows - 32)
    assert valid(ViewShape.ROUND)[far < 41.5].all()
    assert not valid(ViewShape.ROUND)[far > 43].any()
    octagon = valid(ViewShape.OCTAGON)
    assert not octagon[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert octagon[32, 48]


def test_development_keeps_black_outside_and_is_not_the_same_noise_twice():
    clip = clip_of(optics=OpticsConfig(view=ViewShape.ROUND, jpeg_quality=None))
    optics = Optics(clip, "cpu")
    grey = torch.full((3, 64, 96), 0.2)
    first, second = optics.develop(grey, 0), optics.develop(grey, 1)
    assert first.shape == (64, 96, 3)
    assert first.dtype == np.uint8
    assert first[0, 0].max() < 16 < first[32, 48].min()
    assert (first != second).any()
    packed = dataclasses.replace(clip, optics=dataclasses.replace(clip.optics, jpeg_quality=20))
    assert (Optics(packed, "cpu").develop(grey, 0) != first).any()


def test_narrow_band_light_makes_blood_dark_and_red_dichromatic_light_makes_it_orange():
    blood = torch.tensor([0.4, 0.01, 0.015])[:, None, None].expand(3, 64, 96).contiguous()
    plain = OpticsConfig(noise=0, jpeg_quality=None, vignetting=0)
    shown = {}
    for name in ("clear view", "narrow-band", "red dichromatic"):
        optics = Optics(clip_of(optics=plain, scenarios={name: 1.0}), "cpu")
        shown[name] = optics.develop(blood, 0)[32, 48].astype(int)
    assert shown["narrow-band"].max() < 0.5 * shown["clear view"].max()
    red, green, blue = shown["red dichromatic"]
    assert red > green > 0.5 * red > blue


def test_interlacing_takes_odd_lines_from_later():
    woven = interlace(torch.zeros(3, 4, 5), torch.ones(3, 4, 5))
    assert woven[0, :, 0].tolist() == [0, 1, 0, 1]


def test_covers_have_their_words():
    assert [cover.cause for cover in Cover] == ["", "blood", "instrument", "smoke", "out of view"]
    cover = np.zeros((4, 6), np.uint8)
    cover[1, 2] = Cover.SMOKE
    assert cover_at(cover, 2.99, 1.0) is Cover.SMOKE
    assert cover_at(cover, 3.0, 1.0) is Cover.NOTHING
    assert cover_at(cover, 6.0, 1.0) is Cover.OUT_OF_VIEW
    assert cover_at(cover, float("nan"), 1.0) is Cover.OUT_OF_VIEW


@given(st.integers(0, 1000), st.floats(2, 12))
def test_noise_is_centred_scaled_and_the_same_again(seed, cells):
    one = noise.fractal(np.random.default_rng(seed), 48, cells, 3)
    assert one.shape == (48, 48)
    assert abs(float(one.mean())) < 1e-4
    assert float(one.std()) == pytest.approx(1, abs=1e-3)
    np.testing.assert_array_equal(one, noise.fractal(np.random.default_rng(seed), 48, cells, 3))


def test_vessels_and_lobules_stay_in_their_range():
    tree = noise.vessels(np.random.default_rng(1), 128, 6, 0.01)
    assert 0 < tree.mean() < 0.5
    assert 0 <= tree.min() <= tree.max() <= 1
    cells = noise.lobules(np.random.default_rng(1), 128, 6)
    assert 0 <= cells.min() < 0.3
    assert 0.9 < cells.max() <= 1.001
