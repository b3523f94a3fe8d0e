"""The figures phantom and real clips are compared by, against pictures whose answer is known."""

import numpy as np
import pytest

from bleedkit.benchmarks.phantom_difficulty import ProbeData, identity_scores, simple_features
from bleedkit.benchmarks.picture_statistics import (
    colour_distance,
    colour_histogram,
    looks_like_blood,
    motion_percent,
    spectrum_slope,
    statistics_of,
)


def test_colour_distance_is_0_for_the_same_and_1_for_nothing_in_common():
    red = colour_histogram(np.tile([200.0, 10.0, 10.0], (50, 1)))
    grey = colour_histogram(np.tile([90.0, 90.0, 90.0], (50, 1)))
    assert red.sum() == pytest.approx(1)
    assert colour_distance(red, red) == 0
    assert colour_distance(red, grey) == 1
    assert colour_distance(red, (red + grey) / 2) == pytest.approx(0.5)


@pytest.mark.parametrize("exponent", [0.0, 2.0, 3.0])
def test_noise_of_known_spectrum_has_its_slope(exponent):
    rng = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256))
    frequency[0, 0] = 1
    noise = np.fft.ifft2(np.fft.fft2(rng.normal(size=(256, 256))) * frequency ** (-exponent / 2)).real
    assert spectrum_slope(noise) == pytest.approx(-exponent, abs=0.25)


def test_a_shifted_picture_moves_by_its_shift():
    rng = np.random.default_rng(0)
    blob = np.cumsum(np.cumsum(rng.normal(size=(80, 120, 3)), axis=0), axis=1)
    picture = ((blob - blob.min()) / np.ptp(blob) * 255).astype(np.uint8)
    now, after = picture[:, 3:113], picture[:, :110]  # three pixels to the right, of 110
    assert motion_percent(now, after, np.ones((80, 110), bool)) == pytest.approx(100 * 3 / 110, rel=0.15)


def test_specular_and_red_shares_count_the_pixels_in_use():
    frame = np.full((120, 120, 3), 60, np.uint8)
    frame[:, :24] = (250, 240, 230)
    frame[:, 24:60] = (180, 20, 30)
    used = np.ones((120, 120), bool)
    used[:, 108:] = False  # 108 columns count: 24 white, 36 red
    found = statistics_of([frame, frame], [used, used])
    assert found.specular_percent == pytest.approx(100 * 2 / 9)
    assert found.red_percent == pytest.approx(100 * 3 / 9)
    assert found.motion_percent == pytest.approx(0, abs=1e-3)
    assert np.isnan(statistics_of([frame], [used]).motion_percent)
    assert looks_like_blood(np.array([[180, 20, 30], [180, 100, 30], [60, 5, 5]])).tolist() == [True, False, False]


def test_the_probe_learns_a_coin_toss_only_where_patients_leak():
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(10), 20)
    clip = np.repeat(np.arange(50), 4)
    features = rng.normal(size=(10, 30))[patient] + 0.05 * rng.normal(size=(200, 30))
    scores = identity_scores(ProbeData(features, patient, clip))
    assert scores["names the patient of an unseen clip"] > 0.95
    assert scores["chance"] == 0.1
    assert scores["coin toss per patient, split by clip"] > 0.95
    assert scores["coin toss per patient, split by patient"] < 0.75


def test_features_are_tile_means_and_spreads():
    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[:2, :2] = 255  # the first of 4x4 tiles
    features = simple_features(rgb)
    assert len(features) == 4 * 4 * 3 * 2 + 6
    assert features[:3].tolist() == [1, 1, 1]
    assert features[3:48].sum() == 0
    assert features[96:99] == pytest.approx(1 / 16)
