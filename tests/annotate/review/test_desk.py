"""The desk on a real database: what it answers, what it refuses, and what FiftyOne shows after it."""

import json
import threading

import pytest

from bleedkit.annotate.review.decision_log import DecisionLog
from bleedkit.annotate.review.desk import ReviewDesk
from bleedkit.annotate.review.place import ReviewPlace, lock_reviewer
from bleedkit.annotate.review.pull_decisions import pull_decisions
from bleedkit.annotate.review.resmooth import Resmoother
from bleedkit.annotate.review.wish import Outline, Wish
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import LabelState, Review


@pytest.fixture
def pushed(dense, name):
    """The dense cohort in FiftyOne; two clips of 41 frames with people's labels at 0, 30 and 40."""
    from bleedkit.annotate.push import push_cohort

    push_cohort(dense, name)
    return dense


@pytest.fixture
def desk(pushed, name):
    return ReviewDesk(pushed, "kim", name, resmoother=Resmoother())


def wish(desk, action, frame, clip=0, **more):
    """A wish made on a screen that is up to date."""
    last = desk.session.decisions
    return Wish(action, list(desk.cohort.clips)[clip], frame, last[-1].number if last else 0, **more)


def trackable(desk):
    """Target of the first clip that has most labels."""
    review = desk.session.clip(next(iter(desk.cohort.clips)))
    return max(review.view().points, key=lambda point: len(review.points(point.target))).target


def test_opening_answers_in_plain_json_and_begins_where_the_queue_does(desk):
    told = json.loads(json.dumps(desk.open(), allow_nan=False))
    first = told["queue"][0]
    assert (told["pictures"]["clip_id"], told["frame"]) == (first["clip_id"], first["frame"])
    assert told["pictures"]["frames"] == list(range(41))
    assert len(told["pictures"]["samples"]) == 41 and "" not in told["pictures"]["samples"]
    assert told["left"] == len(told["queue"]) and told["seen"] == 0
    assert told["progress"]["frames"] >= told["progress"]["settled"] > 0


def test_one_wish_accepts_a_segment_and_it_leaves_the_queue(desk):
    target = trackable(desk)
    clip_id = next(iter(desk.cohort.clips))
    review = desk.session.clip(clip_id)
    between = sorted(f for f, p in review.points(target).items() if f < 30 and p.state is LabelState.PSEUDO)
    told = desk.decide(wish(desk, "accept", between[0], target=target, scope="segment"))
    assert between == sorted(desk.session.decisions[0].frames)
    assert all(review.points(target)[f].review is Review.ACCEPTED for f in between)
    left = [one for one in told["queue"] if (one["clip_id"], one["target"]) == (clip_id, target) and one["first"] < 30]
    assert sum(one["n"] for one in left) == sum(f < 30 for f, name in review.flagged if name == target)


def test_one_wish_hides_all_that_is_open_of_a_stretch_guesses_too(desk):
    clip_id, target = next(iter(desk.cohort.clips)), trackable(desk)
    item = next(one for one in desk.open(clip_id)["queue"] if (one["clip_id"], one["target"]) == (clip_id, target))
    told = desk.decide(wish(desk, "hide", item["frame"], target=target, scope="segment"))
    points = told["labels"]["points"][target]
    hidden = [frame for frame, one in points.items() if one["annotator"] == "kim"]
    assert (hidden[0], hidden[-1], len(hidden)) == (item["first"], item["last"], item["n"])
    assert not any(points[frame]["visible"] for frame in hidden)
    assert told["said"] == f"hide {item['n']} frames, {item['first']} to {item['last']}"
    assert not any(
        one["first"] == item["first"] and one["target"] == target for one in told["queue"] if one["clip_id"] == clip_id
    )
    with pytest.raises(BleedkitError, match="no open stretch"):
        desk.decide(wish(desk, "hide", item["frame"], target=target, scope="segment"))


def test_a_comment_is_told_with_its_frame(desk):
    told = desk.decide(wish(desk, "comment", 3, text="smoke"))
    assert told["labels"]["comments"] == {3: ["smoke"]}


def test_accepting_a_guess_says_so(desk):
    told = desk.open()
    clip_id = told["pictures"]["clip_id"]
    guesses = [
        (t, f) for t, found in told["labels"]["flagged"].items() for f, one in found.items() if one["x"] is not None
    ]
    (target, frame) = guesses[0]
    told = desk.decide(wish(desk, "accept", frame, clip=list(desk.cohort.clips).index(clip_id), target=target))
    assert told["said"].startswith(f"accept the guess on frame {frame}")


def test_the_decision_is_in_the_log_when_the_desk_answers(desk, pushed):
    told = desk.decide(wish(desk, "comment", 3, text="smoke"))
    (line,) = DecisionLog(pushed.folder, "kim").path.read_text().splitlines()
    assert (json.loads(line)["text"], told["seen"], told["said"]) == ("smoke", 1, "comment frame 3")


def test_a_moved_point_comes_back_with_its_segment_tracked_anew(desk):
    target = trackable(desk)
    clip_id = next(iter(desk.cohort.clips))
    before = desk.open(clip_id)["labels"]["points"][target]
    x, y = before[0]["x"] + 2, before[0]["y"] + 2
    told = desk.decide(wish(desk, "move", 10, target=target, xy=(x, y)))
    after = told["labels"]["points"][target]
    assert (after[10]["x"], after[10]["y"], after[10]["state"]) == (x, y, "human")
    assert "tracked anew" in told["said"]
    changed = [f for f in range(1, 30) if f != 10 and after.get(f) != before.get(f)]
    assert len(changed) > 20
    assert after[35] == before[35]  # beyond the label at 30


def test_accepting_a_guess_makes_it_the_reviewers_label(desk):
    review = desk.session.clip(next(iter(desk.cohort.clips)))
    places = [(place, item) for place, item in review.flagged.items() if item.x == item.x]
    assert places, "the engine trusts every frame of this cohort"
    (frame, target), item = places[0]
    told = desk.decide(wish(desk, "accept", frame, target=target))
    point = told["labels"]["points"][target][frame]
    assert (point["state"], point["x"], point["y"]) == ("human", item.x, item.y)


def test_undo_takes_back_the_segment_exactly(desk):
    target, clip_id = trackable(desk), next(iter(desk.cohort.clips))
    before = desk.open(clip_id)["labels"]
    desk.decide(wish(desk, "hide", 12, target=target))
    assert desk.open(clip_id)["labels"]["undoable"] == "hide on frame 12"
    after = desk.decide(wish(desk, "undo", 0))["labels"]
    assert {f: p for f, p in after["points"][target].items() if p["review"] != "rejected"} == before["points"][target]


def test_a_region_is_drawn_upon_what_is_there_and_cleared(desk):
    square = Outline(((1.0, 1.0), (4.0, 1.0), (4.0, 4.0), (1.0, 4.0)))
    beside = Outline(((6.0, 1.0), (8.0, 1.0), (8.0, 2.0), (6.0, 2.0)))
    first = desk.decide(wish(desk, "redraw", 2, outlines=(square,)))["labels"]["regions"][2]
    assert [(one["area"], one["state"]) for one in first] == [(9, "human")]
    more = desk.decide(wish(desk, "redraw", 2, outlines=(beside,), keep=True))["labels"]["regions"][2]
    assert [one["area"] for one in more] == [9 + 2]
    none = desk.decide(wish(desk, "clear", 2))["labels"]["regions"][2]
    assert [one["area"] for one in none] == [0]


def test_a_wish_on_an_old_screen_is_refused_and_decides_nothing(desk):
    old = wish(desk, "comment", 1, text="first")
    desk.decide(old)
    with pytest.raises(BleedkitError, match="not up to date"):
        desk.decide(old)
    assert len(desk.session.decisions) == 1


def test_of_many_wishes_at_once_on_one_screen_one_counts(desk):
    same, refused = wish(desk, "onset", 5), []

    def try_it():
        try:
            desk.decide(same)
        except BleedkitError as error:
            refused.append(error)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(desk.session.decisions), len(refused)) == (1, 7)


def test_fiftyone_shows_the_decision_and_a_pull_finds_nothing_spurious(desk, pushed, name):
    from bleedkit.annotate.fiftyone_dataset import load_dataset
    from bleedkit.annotate.fiftyone_store import read_samples
    from bleedkit.annotate.pull import pull_labels
    from bleedkit.annotate.push import push_cohort

    target, clip_id = trackable(desk), next(iter(pushed.clips))
    desk.decide(wish(desk, "move", 10, target=target, xy=(20.25, 30.5)))
    desk.decide(wish(desk, "onset", 4))
    desk.decide(wish(desk, "redraw", 2, outlines=(Outline(((1.0, 1.0), (4.0, 1.0), (4.0, 4.0))),)))
    desk.renewal.wait()
    assert desk.renewal.failure == ""
    samples = read_samples(load_dataset(name), clip_id)
    shown = {one["label"]: one for one in samples[10]["points"]["keypoints"]}[target]
    size = pushed.clip(clip_id).size
    assert shown["points"][0] == pytest.approx([20.25 / size.width, 30.5 / size.height])
    assert (shown["state"], shown["annotator"], samples[4]["onset"]) == ("human", "kim", True)
    assert pull_decisions(pushed).rows > 3
    fresh = Cohort(pushed.folder, pushed.media_root)
    pulled = pull_labels(fresh, name, reviewer="somebody")
    assert (pulled.accepted, pulled.corrected, pulled.rejected, pulled.added, pulled.conflicts) == (0, 0, 0, 0, [])
    assert push_cohort(fresh, name).kept == 0


def test_two_reviewers_of_one_clip_keep_both_their_words(pushed, name):
    from bleedkit.annotate.fiftyone_dataset import load_dataset
    from bleedkit.annotate.fiftyone_store import read_samples

    desks = [ReviewDesk(pushed, who, name) for who in ("kim", "lee")]
    target = trackable(desks[0])
    for desk, x in zip(desks, (21.0, 27.0), strict=True):
        desk.decide(wish(desk, "move", 10, target=target, xy=(x, 30.0)))
        desk.renewal.wait()
        assert desk.renewal.failure == ""
    pull_decisions(pushed)
    rows = [one for one in pushed.points(next(iter(pushed.clips))) if (one.frame, one.target) == (10, target)]
    assert sorted((one.annotator, one.x) for one in rows) == [("kim", 21.0), ("lee", 27.0)]
    shown = read_samples(load_dataset(name), next(iter(pushed.clips)))[10]["points"]["keypoints"]
    assert sorted(one["annotator"] for one in shown if one["label"] == target) == ["kim", "lee"]


def test_a_database_that_is_gone_loses_no_decision(desk, monkeypatch):
    def gone(*_):
        raise ConnectionError("no servers found")

    desk.open(next(iter(desk.cohort.clips)))
    monkeypatch.setattr(desk.renewal, "renew", gone)
    desk.decide(wish(desk, "onset", 4))
    desk.renewal.wait()
    told = desk.decide(wish(desk, "comment", 4, text="still here"))
    assert "no servers found" in told["behind"]
    assert [one.action for one in DecisionLog(desk.cohort.folder, "kim").read().decisions] == ["onset", "comment"]


def test_a_team_shares_the_clips(pushed, name):
    first, second = (ReviewDesk(pushed, who, name, team=("lee", "kim")) for who in ("kim", "lee"))
    assert sorted([*first.work.clips, *second.work.clips]) == sorted(pushed.clips)
    with pytest.raises(BleedkitError, match="none of the team"):
        ReviewDesk(pushed, "ann", name, team=("lee", "kim"))


def test_a_sample_is_found_by_its_id(desk):
    pictures = desk.open(next(iter(desk.cohort.clips)))["pictures"]
    assert desk.place_of(pictures["samples"][7]) == {"clip_id": pictures["clip_id"], "frame": 7}
    with pytest.raises(BleedkitError, match="none of"):
        desk.place_of("0" * 24)


def test_one_name_reviews_once_at_a_time(cohort):
    with lock_reviewer(cohort.folder, "kim"):
        lock_reviewer(cohort.folder, "lee").close()
        with pytest.raises(BleedkitError, match="kim is reviewing"):
            lock_reviewer(cohort.folder, "kim")
    lock_reviewer(cohort.folder, "kim").close()


def test_the_place_survives_its_environment(cohort):
    place = ReviewPlace(cohort.folder.resolve(), cohort.media_root.resolve(), "kim", "liver", "random", ("kim", "lee"))
    assert ReviewPlace.from_environment(place.to_environment()) == place
    with pytest.raises(BleedkitError, match="BLEEDKIT_REVIEWER"):
        ReviewPlace.from_environment({**place.to_environment(), "BLEEDKIT_REVIEWER": ""})
