"""Spans between drawn regions, worked by hand and by rule."""

from hypothesis import given
from hypothesis import strategies as st

from bleedkit.annotate.preannotate.clip_unit import Prompt
from bleedkit.annotate.preannotate.region_spans import spans_of


def click(at):
    return Prompt(at, clicks=((1.0, 1.0),))


def drawn(at):
    return Prompt(at, masks=("masks/a.png",), walled=True)


def nothing(at):
    return Prompt(at, walled=True)


def by_place(*prompts):
    return {prompt.frame: prompt for prompt in prompts}


def ways(frames, *prompts):
    return [(span.prompts, span.forwards, span.backwards) for span in spans_of(frames, by_place(*prompts))]


def test_a_click_goes_both_ways_through_the_clip():
    assert ways(6, click(2)) == [((2,), [3, 4, 5], [1, 0])]


def test_a_drawn_region_ends_what_comes_from_either_side_and_begins_both():
    assert ways(7, click(1), drawn(4)) == [((1, 4), [2, 3], [0]), ((4,), [5, 6], [])]
    assert ways(4, drawn(3)) == [((3,), [], [2, 1, 0])]


def test_a_frame_without_region_ends_it_and_begins_nothing():
    assert ways(7, click(1), nothing(4)) == [((1,), [2, 3], [0])]
    assert ways(7, nothing(2), drawn(5)) == [((5,), [], [4, 3]), ((5,), [6], [])]
    assert ways(7, nothing(3)) == []


def test_drawn_regions_side_by_side_leave_nothing_between():
    assert ways(4, drawn(1), drawn(2)) == [((1,), [], [0]), ((2,), [3], [])]


KINDS = st.sampled_from([click, drawn, nothing])


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.dictionaries(st.integers(0, n - 1), KINDS))))
def test_every_frame_beside_a_prompt_is_followed_once_and_no_drawn_one_is(case):
    frames, kinds = case
    prompts = {at: kind(at) for at, kind in kinds.items()}
    followed = [at for span in spans_of(frames, prompts) for at in (*span.forwards, *span.backwards)]
    assert len(followed) == len(set(followed))
    assert not set(followed) & set(prompts)
    walls = [-1, *sorted(at for at, prompt in prompts.items() if prompt.walled), frames]

    def reached(at):
        before, after = max(w for w in walls if w <= at), min(w for w in walls if w >= at)
        return any(prompts[p].says for p in prompts if before <= p <= after)

    assert set(followed) == {at for at in range(frames) if at not in prompts and reached(at)}
