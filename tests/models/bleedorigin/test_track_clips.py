"""Training clips of labels a second apart, worked by hand."""

import numpy as np
import pytest

from bleedkit.models.bleedorigin.track_clips import drawn_clip, long_clips, short_clips


def test_a_short_clip_goes_from_one_label_to_the_next():
    assert short_clips([5, 35, 65]) == [range(5, 36), range(35, 66)]
    assert [len(clip) for clip in short_clips([5, 35, 65])] == [31, 31]


def test_labels_too_far_apart_or_alone_give_no_short_clip():
    assert short_clips([0, 30, 61, 80]) == [range(31), range(61, 81)]
    assert short_clips([7]) == []
    assert short_clips([]) == []


def test_a_long_clip_is_the_whole_labelled_clip():
    assert long_clips([10, 40, 70]) == [range(10, 71)]  # 61 frames
    assert long_clips(list(range(0, 301, 30))) == [range(301)]
    assert long_clips([0, 30]) == []  # 31 frames
    assert long_clips([]) == []


def test_longer_clips_are_cut_at_labels_wherever_they_can_begin():
    clips = long_clips(list(range(0, 391, 30)))  # 391 frames
    assert clips[:4] == [range(301), range(30, 331), range(60, 361), range(90, 391)]
    assert clips[4:] == [range(first, 391) for first in range(120, 331, 30)]  # the last of 61 frames


def test_a_draw_is_of_its_kind_and_hangs_on_the_seed_alone():
    labelled = list(range(0, 601, 30))
    for training, allowed in (("short", short_clips(labelled)), ("long", long_clips(labelled))):
        drawn = [drawn_clip(np.random.default_rng(seed), labelled, training) for seed in range(200)]
        assert {(clip.start, clip.stop) for clip in drawn} == {(clip.start, clip.stop) for clip in allowed}
        assert drawn == [drawn_clip(np.random.default_rng(seed), labelled, training) for seed in range(200)]


def test_hybrid_draws_both_by_their_share():
    labelled = list(range(0, 91, 30))
    rng = np.random.default_rng(0)
    lengths = [len(drawn_clip(rng, labelled, long_share=0.25)) for _ in range(2000)]
    assert set(lengths) == {31, 91}
    # A share of 0.25 in 2000 draws: one standard deviation is sqrt(0.25 * 0.75 / 2000) = 0.0097.
    assert np.mean(np.array(lengths) == 91) == pytest.approx(0.25, abs=0.04)


def test_hybrid_takes_the_other_kind_where_there_is_none():
    rng = np.random.default_rng(0)
    assert {drawn_clip(rng, [0, 30]) for _ in range(20)} == {range(31)}
    assert {drawn_clip(rng, [0, 40, 80]) for _ in range(20)} == {range(81)}
    assert drawn_clip(rng, [3]) is None
    assert drawn_clip(rng, [0, 30], "long") is None


def test_another_training_is_refused():
    with pytest.raises(ValueError, match="choose from short, long, hybrid"):
        drawn_clip(np.random.default_rng(0), [0, 30], "medium")
