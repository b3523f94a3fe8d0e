"""Settings: bad ones are refused in one line that names the field; a person's look is theirs alone."""

import math

import numpy as np
import pytest

from bleedkit.datasets.phantom.config import (
    SCENARIOS,
    BleedingConfig,
    DisturbanceConfig,
    MotionConfig,
    OpticsConfig,
    PatientLook,
    PhantomClip,
    SceneConfig,
)
from bleedkit.datasets.phantom.sites import SITES
from bleedkit.datasets.schema import ImageSize

LOOK = PatientLook.of(1, "vessel")
GOOD = {
    "seed": 1,
    "size": ImageSize(64, 48),
    "n_frames": 10,
    "fps": 30.0,
    "patient": LOOK,
    "site": "vessel",
    "onset_frame": 3,
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"onset_frame": 10}, r"onset_frame must be in \[0, 10\), got 10"),
        ({"onset_frame": -1}, "onset_frame"),
        ({"n_frames": 0}, "n_frames must be at least 1, got 0"),
        ({"fps": 0.0}, "fps must be above 0, got 0.0"),
        ({"fps": math.nan}, "fps must be above 0, got nan"),
        ({"size": ImageSize(31, 48)}, "at least 32x32 pixels, got 31x48"),
        ({"sources": 0}, r"sources must be in \[1, 8\], got 0"),
        ({"site": "moon"}, "site must be one of gallbladder, .*; got 'moon'"),
        ({"scenarios": {"fog": 1.0}}, "'fog' is none of clear view"),
        ({"scenarios": {"smoke": 1.5}}, r"'smoke' must be in \[0, 1\], got 1.5"),
        ({"scenarios": {"smoke": math.nan}}, "'smoke' must be in"),
    ],
)
def test_a_bad_clip_is_refused(change, says):
    PhantomClip(**GOOD)
    with pytest.raises(ValueError, match=says) as caught:
        PhantomClip(**(GOOD | change))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: BleedingConfig(rate_ul_s=-1.0), "BleedingConfig.rate_ul_s must be above 0, got -1.0"),
        (lambda: BleedingConfig(absorption_um_s=-0.1), "absorption_um_s must be 0 or more"),
        (lambda: BleedingConfig(viscosity_mpas=math.inf), "viscosity_mpas must be finite"),
        (lambda: MotionConfig(drift=-0.1), "MotionConfig.drift must be 0 or more, got -0.1"),
        (lambda: SceneConfig(view_mm=0.0), "SceneConfig.view_mm must be above 0, got 0.0"),
        (lambda: SceneConfig(old_pools=-1), "old_pools must be 0 or more"),
        (lambda: OpticsConfig(distortion=0.4), r"distortion must be in \[0, 0.25\], got 0.4"),
        (lambda: OpticsConfig(jpeg_quality=0), r"jpeg_quality must be in \[1, 100\] or None, got 0"),
        (lambda: DisturbanceConfig(shaft_mm=0.0), "shaft_mm must be above 0"),
        (lambda: PatientLook(1, gain=(1.0, 0.0, 1.0)), "gain must be three factors above 0"),
        (lambda: PatientLook.of(-1, "vessel"), "a seed must be 0 or more, got -1"),
    ],
)
def test_bad_settings_are_refused(build, says):
    with pytest.raises(ValueError, match=says):
        build()


def test_a_person_keeps_their_traits_at_every_site_and_has_another_anatomy_at_each():
    looks = [PatientLook.of(5, site) for site in SITES]
    assert len({(look.gain, look.vessel_density, look.wetness) for look in looks}) == 1
    assert len({look.texture_seed for look in looks}) == len(SITES)
    assert PatientLook.of(5, "vessel") == PatientLook.of(5, "vessel") != PatientLook.of(6, "vessel")


def test_random_numbers_for_one_purpose_do_not_depend_on_another():
    clip = PhantomClip(**GOOD)
    alone = clip.rng("camera").normal(size=3)
    clip.rng("film").normal(size=100)
    assert (clip.rng("camera").normal(size=3) == alone).all()
    assert (clip.rng("film").normal(size=3) != alone).all()


def test_scenarios_are_the_six_of_bleedorigin_and_three_more():
    named = {"clear view", "obscured view", "camera jitter", "light reflection", "water flushing"}
    assert named | {"instrument interference"} < set(SCENARIOS)
    assert len(SCENARIOS) == 9
    assert PhantomClip(**GOOD, scenarios={"smoke": 0.3}).strength("smoke") == 0.3
    assert PhantomClip(**GOOD).strength("smoke") == 0


def test_identity_pulls_people_apart_or_makes_them_one():
    usual, strong, none = (
        [np.array(PatientLook.of(person, "vessel", identity).gain) for person in range(40)] for identity in (1, 3, 0)
    )
    np.testing.assert_array_equal(np.array(none), 1.0)
    assert (np.std(strong, axis=0) > 2 * np.std(usual, axis=0)).all()
    assert np.min(strong) >= 0.2
    assert PatientLook.of(3, "vessel", 1.0) == PatientLook.of(3, "vessel")
