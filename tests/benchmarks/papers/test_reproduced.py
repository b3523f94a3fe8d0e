"""Which runs stand beside a table, and what they come to."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.papers.paper_table import Column, PaperTable
from bleedkit.benchmarks.papers.printed import printed
from bleedkit.benchmarks.papers.registry import TABLES
from bleedkit.benchmarks.papers.reproduced import HUMAN, Wanted, reproduced
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.benchmarks.runs import human_run
from bleedkit.benchmarks.runs.record import Efficiency, RunKey, RunRecord
from bleedkit.benchmarks.runs.run_folder import GoodRun
from bleedkit.datasets.errors import BleedkitError

IOU = Column("IoU", "iou", "%", "region-point", "SurgBlood")
SPEED = Column("FPS", "frames_per_s", "/s", "region-point", "SurgBlood")
LATENCY = Column("Latency", "latency_s", "s", "region-point", "SurgBlood")
SIZE = Column("Params", "parameters", "M", "region-point", "SurgBlood", here="trainable")
TABLE = PaperTable(
    "t-1",
    "SurgBlood",
    "Table 1",
    "1",
    "Things.",
    (printed("A | 1 | 2 | 3 | 4", ("M",), (IOU, SPEED, LATENCY, SIZE), entries={"A": "a"}),),
)


def run(model: str = "a", seed: int = 0, iou: float = 0.5, **changes: object) -> GoodRun:
    key = RunKey("region-point", "phantom", "main", 0, model, seed)
    place = {name: changes.pop(name) for name in ("protocol", "cohort", "split", "truth") if name in changes}
    record = RunRecord(
        key=replace(key, **place),
        protocol_version=PROTOCOLS[place.get("protocol", "region-point")].version,
        state="done",
        leaky=False,
        settings={},
        weights={},
        data={},
        command=(),
        code_version="1",
        hardware={},
        started_utc="",
        truth_digest="t",
        scores={"iou": Score(iou, 10)},
    )
    record = replace(record, **changes)
    return GoodRun(Path("runs") / record.key.folder, record, pa.table({}))


def test_seeds_become_a_mean_and_their_deviation_in_percent():
    found = reproduced(TABLE, [run(seed=1, iou=0.7), run(seed=0, iou=0.5)]).here("region-point", "a", IOU)
    assert found.value == pytest.approx(60)
    assert found.spread == pytest.approx(14.1421356)  # sqrt((10² + 10²) / 1)
    assert found.seeds == (0, 1)


def test_one_seed_has_no_spread_and_no_run_no_figure():
    found = reproduced(TABLE, [run()])
    assert found.here("region-point", "a", IOU).spread is None
    assert found.here("region-point", "b", IOU) is None
    assert reproduced(TABLE, []).evaluations == {}


def test_costs_come_in_the_papers_units():
    found = reproduced(TABLE, [run(efficiency=Efficiency(parameters=9, trainable=91_580_000, frames_per_s=8.0))])
    assert found.here("region-point", "a", SPEED).value == 8
    assert found.here("region-point", "a", LATENCY).value == 0.125  # 1 / 8
    assert found.here("region-point", "a", SIZE).value == pytest.approx(91.58)


def test_a_score_of_nothing_is_no_figure():
    nothing = run(scores={"iou": Score.nothing()})
    assert reproduced(TABLE, [nothing]).here("region-point", "a", IOU) is None


@pytest.mark.parametrize("other", [{"cohort": "clinic"}, {"split": "official"}, {"truth": "consensus-mean"}])
def test_runs_of_two_evaluations_are_never_mixed(other):
    with pytest.raises(BleedkitError, match="are of 2 evaluations; choose one: --cohort"):
        reproduced(TABLE, [run(), run(**other)])


def test_one_evaluation_can_be_chosen():
    runs = [run(iou=0.1), run(cohort="clinic", iou=0.2), run(cohort="clinic", split="official", iou=0.3)]
    found = reproduced(TABLE, runs, Wanted(("clinic",), "official"))
    assert found.here("region-point", "a", IOU).value == pytest.approx(30)
    assert (found.evaluations["region-point"].cohort, found.evaluations["region-point"].split) == ("clinic", "official")


def test_one_truth_can_be_chosen():
    runs = [run(iou=0.1), run(truth="consensus-mean", truth_digest="c", iou=0.2)]
    for truth, value in (("people", 10), ("consensus-mean", 20)):
        found = reproduced(TABLE, runs, Wanted(truth=truth))
        assert found.here("region-point", "a", IOU).value == pytest.approx(value)
        assert found.evaluations["region-point"].truth == truth


@pytest.mark.parametrize("wanted", [Wanted(("fantom",)), Wanted(split="mian")])
def test_a_misspelt_name_is_an_error(wanted):
    with pytest.raises(BleedkitError, match=r"no run is of (cohort fantom; runs are of: phantom|split mian; .*: main)"):
        reproduced(TABLE, [run()], wanted)


def test_a_cohort_for_each_protocol_of_a_table():
    zero_shot = run(protocol="hemoset-zero-shot", cohort="hemoset", split="all", iou=0.2)
    found = reproduced(TABLES["surgblood-2"], [run(), zero_shot], Wanted(("phantom", "hemoset"), split="main", fold=0))
    assert {p: e.cohort for p, e in found.evaluations.items()} == {
        "region-point": "phantom",
        "hemoset-zero-shot": "hemoset",
    }


def test_runs_on_other_truth_are_not_mixed():
    with pytest.raises(BleedkitError, match="different truth"):
        reproduced(TABLE, [run(), run(seed=1, truth_digest="u")])


def test_a_run_of_another_version_does_not_count():
    assert reproduced(TABLE, [run(protocol_version="0")]).evaluations == {}


def test_models_that_the_paper_lacks_are_named_but_variants_are_not():
    assert reproduced(TABLE, [run(), run("z"), run("b"), run("a@no_edge")]).others == ("b", "z")
    assert reproduced(replace(TABLE, subject="A"), [run("b")]).others == ()


def test_nothing_stands_below_figures_of_another_setting():
    onset = run("colour_onset", protocol="onset", scores={"acc_0": Score(0.5, 10)})
    found = reproduced(TABLES["bleedorigin-5"], [onset])
    assert found.others == ()
    assert found.here("onset", "colour_onset", TABLES["bleedorigin-5"].panels[0].columns[0]) is None
    assert reproduced(TABLES["bleedorigin-3"], [onset]).others == ("colour_onset",)


def test_annotators_have_their_own_truth_and_no_place_in_a_paper():
    found = reproduced(TABLE, [run(), run(HUMAN, truth_digest="u"), run(HUMAN, seed=1, truth_digest="v")])
    assert found.others == ()
    assert found.evaluations["region-point"].seeds == (0,)
    assert human_run.HUMAN == HUMAN


def test_leaks_and_small_models_are_told():
    runs = [run(leaky=True), run("b", settings={"size": "tiny"}), run("b", 1, settings={"size": "tiny"})]
    found = reproduced(TABLE, runs)
    assert found.here("region-point", "a", IOU).leaky
    assert not found.here("region-point", "b", IOU).leaky
    assert found.evaluations["region-point"].sizes == {"b": "tiny"}
    assert found.evaluations["region-point"].uneven == ()


def test_seeds_that_differ_in_more_than_the_seed_are_told():
    def uneven(epochs: int) -> tuple[str, ...]:
        seeds = [run(settings={"recipe": {"seed": 0, "epochs": 1}}), run(seed=1)]
        other = replace(seeds[1].record, settings={"recipe": {"seed": 1, "epochs": epochs}})
        return reproduced(TABLE, [seeds[0], replace(seeds[1], record=other)]).evaluations["region-point"].uneven

    assert uneven(epochs=1) == ()
    assert uneven(epochs=2) == ("a",)
