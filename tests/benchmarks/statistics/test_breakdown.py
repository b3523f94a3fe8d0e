"""Strata are scored as if their rows had been read alone."""

import numpy as np
import pytest

from bleedkit.benchmarks.metrics.auroc import Auroc
from bleedkit.benchmarks.metrics.draws import Groups
from bleedkit.benchmarks.metrics.summary import Median, Ratio
from bleedkit.benchmarks.predictions.row_index import ClipFacts
from bleedkit.benchmarks.statistics.bootstrap import draws
from bleedkit.benchmarks.statistics.breakdown import KEYS, breakdown, strata
from bleedkit.benchmarks.statistics.interval import interval
from bleedkit.benchmarks.statistics.resampled import Resampled
from bleedkit.datasets.schema import ImageSize

N_CLIPS = 30
SCENARIOS = [("smoke",), ("smoke", "irrigation"), (), ("camera",), ("irrigation",)]


def clips():
    """Thirty clips of ten patients; scenarios come round every fifth, sites every second patient."""
    return [
        ClipFacts(f"c{i:02d}", f"p{i % 10}", "liver" if i % 2 else "", SCENARIOS[i % 5], 30.0, ImageSize(4, 4), 9)
        for i in range(N_CLIPS)
    ]


def rows(seed=0):
    rng = np.random.default_rng(seed)
    groups = Groups(np.sort(rng.integers(0, N_CLIPS, 400)), np.arange(N_CLIPS) % 10)
    return groups, rng.random(400), rng.random(400) < 0.4


SUMMARIES = {
    "row": lambda x, yes: Ratio(x * yes, yes.astype(float)),
    "clip": lambda x, yes: Ratio(x * yes, yes.astype(float), "clip"),
    "patient": lambda x, yes: Ratio(x * yes, yes.astype(float), "patient"),
    "median": lambda x, yes: Median(np.where(yes, x, np.nan)),
    "auroc": Auroc,
}


@pytest.mark.parametrize("kind", SUMMARIES)
def test_a_stratum_is_scored_as_its_rows_alone_would_be(kind):
    groups, x, yes = rows()
    facts = clips()
    for stratum, scored in zip(
        found := strata(groups, facts, KEYS["scenario"], n=60, seed=4),
        breakdown([SUMMARIES[kind](x, yes)], groups, found),
        strict=True,
    ):
        inside = np.array([stratum.name in clip.scenarios for clip in facts])
        kept = inside[groups.clip]
        patients = np.unique(groups.patient[inside], return_inverse=True)[1]
        alone = Groups(np.unique(groups.clip[kept], return_inverse=True)[1], patients)
        summary = SUMMARIES[kind](x[kept], yes[kept])
        expected = Resampled.of(summary, alone, draws(alone, 60, 4))
        assert scored.value == pytest.approx(summary.score(alone).value)
        assert (scored.n_patients, scored.n_clips) == (len(np.unique(patients)), inside.sum())
        ends = interval(expected)
        assert (scored.interval.low, scored.interval.high) == pytest.approx((ends.low, ends.high))
        assert scored.interval.why == ends.why


def test_strata_are_by_name_and_a_clip_may_be_in_several_or_none():
    groups, _, _ = rows()
    found = strata(groups, clips(), KEYS["scenario"], n=3)
    assert [(stratum.name, int(stratum.keep.sum())) for stratum in found] == [
        ("camera", 6),
        ("irrigation", 12),
        ("smoke", 12),
    ]
    assert [stratum.name for stratum in strata(groups, clips(), KEYS["site"], n=3)] == ["liver"]


def test_one_patient_has_a_figure_and_no_interval():
    groups, x, yes = rows()
    scored = breakdown([SUMMARIES["row"](x, yes)], groups, strata(groups, clips(), KEYS["patient"], n=20))
    assert [one.name for one in scored] == [f"p{i}" for i in range(10)]
    assert all(np.isnan(one.interval.low) and one.n_patients == 1 and not one.interval.reliable for one in scored)
    mine = (groups.patient[groups.clip] == 0) & yes
    assert scored[0].value == pytest.approx(x[mine].mean())


def test_seeds_are_averaged():
    groups, x, _ = rows()
    one, two = Median(x), Median(x + 1)
    within = strata(groups, clips(), KEYS["site"], n=20)
    assert breakdown([one, two], groups, within)[0].value == pytest.approx(
        breakdown([one], groups, within)[0].value + 0.5
    )
