"""Reviewers at work in a real browser, on a real database: by keyboard and mouse, alone and two at once."""

import math
import re
import threading

import numpy as np
import pytest

from bleedkit.annotate.review.decision_log import DecisionLog
from bleedkit.annotate.review.place import ReviewPlace
from bleedkit.annotate.review.pull_decisions import pull_decisions
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import LabelState, Review

pytestmark = pytest.mark.slow


@pytest.fixture
def served(dense, name, mongod):
    """Starts servers on the dense cohort; yields a function from reviewer to the address of theirs."""
    from contextlib import ExitStack

    from bleedkit.annotate.review.app import prepare, running_review

    with ExitStack() as servers:

        def serve(reviewer):
            place = ReviewPlace(dense.folder, dense.media_root, reviewer, name)
            prepare(place)
            return servers.enter_context(running_review(place, mongod)).url

        yield serve


def decisions_of(dense, reviewer):
    """As they lie on the disk."""
    content = DecisionLog(dense.folder, reviewer).read()
    assert content.broken == ()
    return content.decisions


def pulled(dense):
    """The cohort with all decisions brought home."""
    result = pull_decisions(dense)
    assert (result.broken, result.lost) == ([], [])
    return Cohort(dense.folder, dense.media_root)


def test_a_reviewer_works_by_keyboard_and_mouse_and_all_comes_back(served, dense, chromium):
    size = next(iter(dense.clips.values())).size
    with chromium(served("kim")) as page:
        page.press("?")
        assert "accept all points of this stretch" in page.page.inner_text("[data-cy=review]")
        page.press("Escape")
        while "none:" in page.page.inner_text("[data-cy=review-facts]"):
            page.press("n")  # to a frame that the engine trusts
        began = page.place
        page.press("s")
        assert page.said.startswith("Saved: accept")
        assert page.place != began  # one key settled the segment and went on

        moved = page.place
        page.click((20.5, 14.25), size)
        assert "tracked anew" in page.said
        assert page.place == moved
        page.drag((20.5, 14.25), (31, 22.75), size)
        page.press("o", "u")
        assert page.said == f"Saved: undo frame {moved[1]}"
        page.press("c", "t")
        page.page.keyboard.type("smoke, not blood: a,s,x")  # keys in a comment decide nothing
        page.press("Enter")
        page.press("ArrowRight", "h", "n")
    taken = decisions_of(dense, "kim")
    assert [one.action for one in taken] == ["accept", "move", "move", "onset", "undo", "clear", "comment", "hide"]
    assert taken[6].text == "smoke, not blood: a,s,x"
    assert all(one.seconds > 0 for one in taken if one.action not in ("undo", "comment"))

    cohort = pulled(dense)
    for one in taken[:1]:
        rows = {(p.frame, p.target): p for p in cohort.points(one.clip_id)}
        assert all(rows[f, one.target].review is Review.ACCEPTED for f in one.frames if one.target)
    at = taken[2]
    (row,) = [p for p in cohort.points(moved[0]) if (p.frame, p.target, p.annotator) == (moved[1], at.target, "kim")]
    assert (row.state, row.x, row.y) == (LabelState.HUMAN, *at.xy)
    assert math.dist(at.xy, (31, 22.75)) < 0.5  # a screen pixel is less than half a pixel of this small frame
    assert cohort.onsets(moved[0]) == [] or all(o.review is Review.REJECTED for o in cohort.onsets(moved[0]))
    (mask,) = [m for m in cohort.masks(moved[0]) if m.frame == moved[1]]
    assert (mask.annotator, mask.area) == ("kim", 0)
    hidden = [
        p
        for p in cohort.points(taken[7].clip_id)
        if (p.frame, p.target, p.annotator) == (*taken[7].frames, taken[7].target, "kim")
    ]
    assert [(p.visible, p.state) for p in hidden] == [(False, LabelState.HUMAN)]


def test_undo_takes_back_the_last_decision_also_where_it_lies_in_another_place(served, dense, chromium):
    with chromium(served("kim")) as page:
        page.press("o", "ArrowRight")
        first = page.place
        page.press("Shift+H")
        assert re.match(r"Saved: hide \d+ frames, ", page.said)  # a whole stretch, and it went on
        assert page.place != first
        page.press("n", "x" if "none" not in page.page.inner_text("[data-cy=review-facts]") else "h")
        page.press("n", "n", "u", "u")
        assert page.place == first
        page.press("n", "u")
    taken = decisions_of(dense, "kim")
    assert [one.undoes for one in taken[3:]] == [3, 2, 1]
    assert taken[0].action == "onset"


def test_a_region_drawn_with_the_mouse_is_the_one_that_comes_back(served, dense, chromium):
    size = next(iter(dense.clips.values())).size
    corners = [(10, 8), (30, 8), (30, 24), (10, 24), (10, 8)]
    with chromium(served("kim")) as page:
        clip_id, frame, _ = page.place
        page.press("r")
        page.page.mouse.move(*page.on_screen(corners[0], size))
        page.page.mouse.down()
        for corner in corners[1:]:
            page.page.mouse.move(*page.on_screen(corner, size), steps=4)
        page.page.mouse.up()
        page.press("Enter")
        assert page.said.startswith("Saved: redraw")
    cohort = pulled(dense)
    (mask,) = [m for m in cohort.masks(clip_id) if m.frame == frame]
    expected = np.zeros((size.height, size.width), bool)
    expected[8:24, 10:30] = True
    drawn = read_mask_png(cohort.mask_path(mask))
    assert (drawn & expected).sum() / (drawn | expected).sum() > 0.9  # the mouse goes in whole screen pixels


def test_two_reviewers_at_once_lose_nothing_of_each_other(served, dense, chromium):
    addresses = {who: served(who) for who in ("kim", "lee")}
    failures = []

    def review(who, x):
        try:
            size = next(iter(dense.clips.values())).size
            with chromium(addresses[who]) as page:
                for _ in range(3):
                    page.click((x, 20), size)
                    page.press("n")
                page.press("s")
        except Exception as error:  # a thread's failure is told below
            failures.append(error)

    threads = [threading.Thread(target=review, args=one) for one in (("kim", 15.0), ("lee", 45.0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    cohort = pulled(dense)
    for who in ("kim", "lee"):
        taken = [one for one in decisions_of(dense, who) if one.action == "move"]
        assert len(taken) == 3
        for one in taken:
            place = (*one.frames, one.target, who)
            rows = [p for p in cohort.points(one.clip_id, history=True) if (p.frame, p.target, p.annotator) == place]
            assert [p.x for p in rows] == [one.xy[0]]
