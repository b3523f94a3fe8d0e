import math
from dataclasses import replace

import pyarrow as pa
import pytest
from bleedkit_made_runs import Made, Runs

from bleedkit.benchmarks.leaderboard.board import boards
from bleedkit.benchmarks.leaderboard.find import find
from bleedkit.benchmarks.predictions.schemas import SCHEMAS
from bleedkit.benchmarks.protocols.registry import PROTOCOLS


def onsets(runs, name, off, seed=0, leaky=False):
    """A run whose i-th clip is off[i % len] frames late; None is a missed onset."""
    run = runs("onset", Made(name, leaky=leaky), seed)
    rows = run.predictions.to_pylist()
    for place, row in enumerate(rows):
        late = off[place % len(off)]
        row["onset"] = None if late is None else row["true_onset"] + late
    return replace(run, predictions=pa.Table.from_pylist(rows, schema=SCHEMAS["onset"]))


def found_of(*made, n_draws=400):
    (board,) = boards(made, PROTOCOLS)
    return find(board, n_draws)


def test_mean_and_spread_are_over_seeds(runs):
    # Three clips a patient, each off by one of the three: 2/3 within 0 frames in seed 0, 1/3 in seed 1.
    found = found_of(onsets(runs, "a", [0, 0, 9]), onsets(runs, "a", [0, 9, 9], seed=1))
    one = found.standings["a"]["acc_0"]
    assert one.value == pytest.approx(0.5)
    assert one.spread == pytest.approx(math.sqrt(2 * (1 / 6) ** 2))  # of two, n - 1 = 1
    assert {seed: score.value for seed, score in one.by_seed.items()} == pytest.approx({0: 2 / 3, 1: 1 / 3})
    assert one.n == 24  # 8 patients


def test_one_seed_has_no_spread(runs):
    assert math.isnan(found_of(onsets(runs, "a", [0, 9])).standings["a"]["acc_0"].spread)


def test_ranks_follow_the_primary_metric_and_equals_share_the_better_one(runs):
    assert PROTOCOLS["onset"].primary == "acc_8"
    found = found_of(
        onsets(runs, "third", [0, 20, 20]), onsets(runs, "tie1", [0, 0, 20]), onsets(runs, "tie2", [0, 20, 0]),
        onsets(runs, "last", [20]),
    )  # fmt: skip
    assert found.order == ("tie1", "tie2", "third", "last")
    assert found.ranks == {"tie1": 1, "tie2": 1, "third": 3, "last": 4}


def test_leaky_models_and_people_are_not_ranked_nor_best_nor_compared(runs):
    found = found_of(
        onsets(runs, "honest", [1, 9]), onsets(runs, "poor", [9]), onsets(runs, "cheat", [0], leaky=True),
        onsets(runs, "human", [0]),
    )  # fmt: skip
    assert found.order == ("honest", "poor")
    assert found.standings["cheat"]["acc_8"].value == 1.0
    for name in ("cheat", "human"):
        assert not any(one.best or not math.isnan(one.p) for one in found.standings[name].values())
    assert found.standings["honest"]["acc_8"].best
    assert math.isnan(found.standings["human"]["acc_8"].low)
    assert len(found.stability.mean) == 2


def test_what_is_not_defined_is_not_ranked(runs):
    make = Runs(runs.folder, patients=6, frames=2)
    silent, other = make("region-point", Made("silent", silent=True)), make("region-point", Made("other"))
    found = found_of(silent, other)
    assert found.order == ("other", "silent")
    assert found.ranks == {"other": 1}
    one = found.standings["silent"]["iou"]
    assert (one.n, one.best, one.mark) == (0, False, "")
    assert math.isnan(one.value)
    assert math.isnan(one.p)


def test_a_clearly_worse_model_is_marked_and_an_equal_one_is_not(runs):
    make = Runs(runs.folder, patients=10)
    models = (Made("good", 4), Made("equal", 4), Made("bad", 40))
    # Of 400 draws no p of ten patients is below 0.02, and Holm doubles it.
    found = found_of(*(make("track", model) for model in models), n_draws=4000)
    cells = {name: found.standings[name]["acc_50"] for name in found.order}
    assert cells["bad"].p < 0.05
    assert cells["bad"].mark.startswith("*")
    (best,) = [name for name, one in cells.items() if one.best]
    (equal,) = {"good", "equal"} - {best}
    assert cells[equal].p > 0.05
    assert "*" not in cells[equal].mark


def test_p_is_corrected_for_the_number_of_models_compared(runs):
    make = Runs(runs.folder, patients=10)
    good, bad = make("track", Made("good", 4)), make("track", Made("bad", 7))
    alone = found_of(good, bad).standings["bad"]["acc_25"].p
    more = found_of(good, bad, *(make("track", Made(f"worst{i}", 60)) for i in range(2))).standings["bad"]["acc_25"].p
    assert alone < more <= 3 * alone + 1e-12  # Holm: at most times the number of comparisons


def test_a_signed_error_has_no_best(runs):
    found = found_of(onsets(runs, "early", [-4, -2]), onsets(runs, "late", [1, 2]))
    signed = [metric.name for metric in PROTOCOLS["onset"].metrics if metric.better == "zero"]
    assert signed
    for name in signed:
        assert not any(found.standings[model][name].best for model in found.order)


def test_few_patients_make_an_interval_unreliable(runs):
    few, many = Runs(runs.folder / "few", patients=3), Runs(runs.folder / "many", patients=9)
    assert "†" in found_of(few("track", Made("a"))).standings["a"]["mean_error"].mark
    assert "†" not in found_of(many("track", Made("a"))).standings["a"]["mean_error"].mark


def test_strata_are_told_apart_with_their_patients(runs):
    found = found_of(Runs(runs.folder, patients=4)("track", Made("a")))
    site = {stratum.name: (stratum.n_clips, stratum.n_patients) for stratum in found.breakdowns["site"]}
    assert site == {"rectum": (6, 2), "stomach": (6, 2)}  # every other patient, of three clips each
    assert {stratum.name for stratum in found.breakdowns["scenario"]} == {"camera jitter", "smoke", "water flushing"}
    assert [stratum.name for stratum in found.breakdowns["patient"]] == [f"patient0{i}" for i in range(4)]


def test_the_same_board_gives_the_same_findings(runs):
    made = [runs("track", Made(name), seed) for name in "ab" for seed in (0, 1)]
    first, second = found_of(*made), found_of(*made)
    assert str(first.standings) == str(second.standings)  # NaN is not equal to itself
