import numpy as np
import pytest

from bleedkit.models.bleedorigin.random_skip import skipped_frames


def drawn(n_frames, onset, **settings):
    rng = np.random.default_rng(0)
    return [skipped_frames(rng, n_frames, onset, **settings) for _ in range(3000)]


def test_every_number_from_0_to_60_is_as_likely():
    numbers, counts = np.unique(drawn(150, 120), return_counts=True)
    assert numbers.tolist() == list(range(61))
    expected = 3000 / 61
    assert abs(counts - expected).max() < 5 * expected**0.5  # five standard deviations of a count


def test_a_window_and_the_onset_stay():
    assert max(drawn(100, 90)) == 40  # 100 - 60
    assert max(drawn(150, 7)) == 7
    assert max(drawn(90, -1)) == 30
    assert set(drawn(60, 30)) == {0}
    assert max(drawn(40, 30, window=16, most=5)) == 5


def test_the_same_seed_skips_the_same():
    assert drawn(150, 120) == drawn(150, 120)


def test_a_clip_without_a_window_is_refused():
    with pytest.raises(ValueError, match="a clip of 59 frames has no window of 60"):
        skipped_frames(np.random.default_rng(0), 59, 10)
