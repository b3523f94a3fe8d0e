from dataclasses import replace

import pytest
from bleedkit_made_runs import Made, Runs

from bleedkit.benchmarks.leaderboard.board import boards
from bleedkit.benchmarks.protocols.registry import PROTOCOLS


def asked(run, **changes):
    return replace(run, record=replace(run.record, **changes))


def placed(run, **changes):
    return asked(run, key=replace(run.record.key, **changes))


def test_runs_are_compared_only_where_they_were_asked_the_same(runs):
    one = runs("onset", Made("a"))
    others = [
        asked(runs("onset", Made("b")), truth_digest="another"),
        asked(runs("onset", Made("c")), protocol_version="0"),
        placed(runs("onset", Made("d")), cohort="other"),
        placed(runs("onset", Made("e")), split="other"),
        placed(runs("onset", Made("f")), fold=1),
        runs("track", Made("g")),
        runs("onset", Made("h")),
    ]
    found = [tuple(board.models) for board in boards([one, *others], PROTOCOLS)]
    assert sorted(found) == [("a", "h"), *((name,) for name in "bcdefg")]
    assert len({board.key.page for board in boards([one, *others], PROTOCOLS)}) == len(found)


def test_the_order_of_runs_does_not_matter(runs):
    made = [runs("onset", Made(name), seed) for name in ("b", "a") for seed in (1, 0)]
    (board,) = boards(made, PROTOCOLS)
    assert [(run.record.key.model, run.record.key.seed) for run in board.runs] == [
        ("a", 0),
        ("a", 1),
        ("b", 0),
        ("b", 1),
    ]
    (other,) = boards(reversed(made), PROTOCOLS)
    assert [run.record for run in other.runs] == [run.record for run in board.runs]


def test_two_runs_of_one_key_are_refused(runs):
    run = runs("onset", Made("a"))
    with pytest.raises(ValueError, match="two runs of one key"):
        boards([run, run], PROTOCOLS)


def test_people_stand_on_every_board_of_their_cohort_though_their_truth_is_another(runs):
    human = [asked(runs("onset", Made("human"), seed), truth_digest=f"of {seed}") for seed in (0, 1)]
    models = [runs("onset", Made("a")), asked(runs("onset", Made("b")), truth_digest="another")]
    elsewhere = placed(runs("onset", Made("c")), cohort="other")
    found = {board.key: board for board in boards([*human, *models, elsewhere], PROTOCOLS)}
    assert sorted(tuple(board.models) for board in found.values()) == [("a", "human"), ("b", "human"), ("c",)]
    assert all(len(board.models["human"]) == 2 for board in found.values() if "human" in board.models)
    assert all("human" not in board.honest for board in found.values())


def test_people_alone_have_a_board_of_their_own(runs):
    (board,) = boards([runs("onset", Made("human"), seed) for seed in (0, 1)], PROTOCOLS)
    assert tuple(board.models) == ("human",)
    assert board.honest == ()


def test_one_leaky_seed_makes_a_model_leaky(runs):
    made = [runs("onset", Made("a"), 0), runs("onset", Made("a", leaky=True), 1), runs("onset", Made("b"))]
    (board,) = boards(made, PROTOCOLS)
    assert board.leaky == {"a"}
    assert board.honest == ("b",)


def test_seeds_with_other_settings_are_told(runs):
    even = [runs("onset", Made("even"), seed) for seed in (0, 1)]
    odd = [runs("onset", Made("odd"), seed) for seed in (0, 1)]
    odd[1] = asked(odd[1], settings={"size": "full"})
    mixed = [runs("onset", Made("mixed"), seed) for seed in (0, 1)]
    mixed[1] = asked(mixed[1], code_version="9.9.9")
    seeded = [
        asked(runs("onset", Made("seeded"), seed), settings={"recipe": {"seed": seed, "rate": 1}}) for seed in (0, 1)
    ]
    (board,) = boards([*even, *odd, *mixed, *seeded], PROTOCOLS)
    assert board.uneven == {"odd", "mixed"}


def test_scores_come_from_the_predictions_and_not_from_the_record(runs):
    run = Runs(runs.folder, patients=1, frames=2)("onset", Made("a", error=0))
    (board,) = boards([asked(run, scores={})], PROTOCOLS)
    assert board.runs[0].scores["acc_0"].value == 1.0
    assert board.runs[0].scores["acc_0"].n == 3  # the clips of one patient
