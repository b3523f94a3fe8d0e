"""The papers' tables as a registry and as rows for a leaderboard."""

import pytest

from bleedkit.benchmarks.entries.registry import ENTRIES
from bleedkit.benchmarks.papers.registry import ABLATIONS, TABLES, reported_in, reported_rows
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.benchmarks.runs.record import Efficiency

COSTS = {*Efficiency.__dataclass_fields__, "latency_s"}


def test_all_tables_of_results_are_there_in_order():
    assert list(TABLES) == [*(f"surgblood-{n}" for n in range(2, 9)), *(f"bleedorigin-{n}" for n in range(3, 11))]
    assert all(table.name == name for name, table in TABLES.items())


def test_names_are_those_of_our_protocols_and_metrics():
    for table in TABLES.values():
        for _, row, column, _ in table.cells():
            protocol = PROTOCOLS[row.protocol or column.protocol]
            assert column.measured in {*protocol.by_name, *COSTS}, (table.name, column.key)


def test_units_are_those_of_our_metrics():
    for table in TABLES.values():
        for _, row, column, _ in table.cells():
            metric = PROTOCOLS[row.protocol or column.protocol].by_name.get(column.measured)
            assert metric is None or metric.unit == column.unit


def test_entries_are_models_that_enter_the_protocol():
    for table in TABLES.values():
        for _, row, column, _ in table.cells():
            protocol = PROTOCOLS[row.protocol or column.protocol]
            if row.entry and "@" not in row.entry:
                assert protocol.task in ENTRIES[row.entry].tasks, (table.name, row.entry)


def test_variants_are_of_models_that_we_have():
    variants = {row.entry for table in TABLES.values() for _, row, _, _ in table.cells() if "@" in row.entry}
    assert {name.split("@")[0] for name in variants} <= ENTRIES.keys()


def test_a_reported_row_says_where_it_is_from():
    found = reported_rows("region-point", "SurgBlood")
    one = next(row for row in found if row.model == "BlooDet (Ours)" and row.metric == "pck_10")
    assert (one.paper, one.table, one.page, one.entry) == ("SurgBlood", "Table 2", "7", "bloodet")
    assert (one.value, one.spread) == (83.69, 0.23)


def test_hemoset_figures_are_of_the_zero_shot_protocol():
    found = reported_rows("hemoset-zero-shot")
    assert {(row.dataset, row.metric) for row in found} == {("HemoSet", "iou"), ("HemoSet", "dice")}
    assert len(found) == 14 * 2
    assert not reported_rows("hemoset-zero-shot", "SurgBlood")


def test_a_contradiction_travels_with_its_figure():
    found = {(row.table, row.model, row.metric): row for row in reported_rows("onset")}
    assert "Falls from" in found["Table 3", "YOLOv12-m [66]", "acc_2"].note
    assert not found["Table 3", "YOLOv12-m [66]", "acc_1"].note


def test_confidences_are_told_with_the_model():
    models = {row.model for row in reported_rows("onset") if row.table == "Table 5"}
    assert "YOLOv12-n [66], at confidence 0.25" in models
    assert len(models) == 6 * 3


def test_ablations_come_where_they_are_wanted():
    assert {"surgblood-5", "surgblood-8", "bleedorigin-8", "bleedorigin-9"} <= ABLATIONS
    assert "bleedorigin-10" not in ABLATIONS
    assert not any(row.table == "Table 5" for row in reported_rows("region-point"))
    models = [row.model for row in reported_rows("region-point", ablations=True)]
    assert "BlooDet, EG ✓, PMM ×" in models
    assert "BlooDet, Mask Map: Global" in models


def test_what_the_stages_cost_is_of_each_stage():
    by_protocol = {p: [r for r in reported_rows(p) if r.table == "Table 10"] for p in ("onset", "source", "track")}
    millions = {p: next(r.value for r in rows if r.metric == "parameters") for p, rows in by_protocol.items()}
    assert millions == {"onset": 107.44, "source": 129.03, "track": 402.82}


def test_a_chart_reports_nothing():
    assert reported_in(TABLES["surgblood-8"]) == []


@pytest.mark.parametrize("name", sorted(TABLES))
def test_no_table_has_more_notes_than_letters(name):
    assert len(TABLES[name].notes) <= 26
