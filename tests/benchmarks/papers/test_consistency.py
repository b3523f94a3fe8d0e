"""What the footnotes and docs/papers.md say of the papers' figures, computed from the figures."""

import math

import pytest

from bleedkit.benchmarks.papers.paper_table import Figure, PaperTable, Row
from bleedkit.benchmarks.papers.registry import TABLES

SURGBLOOD = [table for table in TABLES.values() if table.paper == "SurgBlood"]


def rows(table: PaperTable, group: str = "") -> list[tuple[Row, dict[str, Figure]]]:
    """Each row with its figures by metric, of the columns under one head."""
    found = []
    for panel in table.panels:
        for row in panel.rows:
            cells = zip(panel.columns, row.figures, strict=True)
            found.append((row, {c.metric: f for c, f in cells if f and c.group == group}))
    return found


def under(name: str, row: str, group: str = "") -> list[float]:
    figures = next(figures for each, figures in rows(TABLES[name], group) if each.key == row)
    return [figure.value for figure in figures.values()]


def accuracies(figures: dict[str, Figure]) -> list[float]:
    return [figure.value for metric, figure in figures.items() if metric.startswith("acc_")]


def is_share_of(value: float, n: int) -> bool:
    """Is it k / n in percent, rounded or cut off to two digits?"""
    near = math.floor(value / 100 * n)
    return any(value - 0.005 - 1e-9 <= 100 * k / n < value + 0.01 - 1e-9 for k in (near, near + 1))


def counts(values: list[float], most: int = 700) -> list[int]:
    return [n for n in range(20, most + 1) if all(is_share_of(value, n) for value in values)]


def regions() -> list[tuple[str, str, Figure, Figure]]:
    """Table, row, IoU, Dice of every pair."""
    found = []
    for table in SURGBLOOD:
        for group in {column.group for panel in table.panels for column in panel.columns}:
            for row, figures in rows(table, group):
                if {"iou", "dice"} <= figures.keys():
                    found.append((table.name, row.labels[0], figures["iou"], figures["dice"]))
    return found


def test_a_share_is_recognised():
    assert is_share_of(11.70, 607)  # 71 / 607 = 11.6969 %
    assert is_share_of(12.35, 607)  # 75 / 607 = 12.3558 %, cut off
    assert not is_share_of(7.09, 607)  # 43 / 607 = 7.0840 %


def test_dice_follows_from_iou_but_for_five():
    def dice(iou: float) -> float:
        return 200 * iou / (100 + iou)

    wrong = [
        (table, row)
        for table, row, iou, found in regions()
        if not dice(iou.value - 0.005) - 0.005 <= found.value <= dice(iou.value + 0.005) + 0.005
    ]
    assert len(regions()) == 42
    assert sorted(wrong) == [
        ("surgblood-2", "PAINet [8]"),
        ("surgblood-2", "SAM 2† [34]"),
        ("surgblood-3", "MemSAM [9]"),
        ("surgblood-3", "SAM [15]"),
        ("surgblood-5", "✓"),
    ]


def test_the_spread_of_dice_follows_from_that_of_iou_in_two_of_34():
    pairs = [(iou, dice) for _, _, iou, dice in regions() if iou.spread is not None and dice.spread is not None]
    slope = [2 / (1 + iou.value / 100) ** 2 for iou, _ in pairs]
    kept = [
        slope * (iou.spread - 0.005) - 0.005 <= dice.spread <= slope * (iou.spread + 0.005) + 0.005
        for slope, (iou, dice) in zip(slope, pairs, strict=True)
    ]
    assert (sum(kept), len(kept)) == (2, 34)


def test_pck_is_a_count_of_607_frames_but_for_four():
    figures = [
        (row.labels[0], figure.value)
        for table in SURGBLOOD
        for _, row, column, figure in table.cells()
        if figure and column.metric.startswith("pck_")
    ]
    wrong = [each for each in figures if not is_share_of(each[1], 607)]
    assert (len(figures), wrong) == (
        84,
        [("ConsisTNet [24]", 7.09), ("ConsisTNet [24]", 32.83), ("ConsisTNet [24]", 68.15), ("Global", 82.0)],
    )
    # That is no accident: of all numbers to 1200, no other fits even 30 of them.
    others = [sum(is_share_of(value, n) for _, value in figures) for n in range(100, 1200) if n != 607]
    assert max(others) < 30


def test_bloodet_is_the_same_in_all_its_tables():
    best = {row.labels[0]: figures for row, figures in rows(TABLES["surgblood-4"])}["BlooDet (Ours)"]
    for name, row in (("surgblood-5", "✓ ✓"), ("surgblood-7", "Background")):
        values = under(name, row)
        assert values[-3:] == [figure.value for figure in best.values()]
    assert under("surgblood-5", "× ✓")[:2] == under("surgblood-6", "w/o Edge generator")[:2]
    assert under("surgblood-6", "Edge generator")[:2] == under("surgblood-3", "BlooDet (Ours) -")


def test_accuracies_grow_with_the_threshold_but_for_one_model():
    falling = {
        (table.name, row.key)
        for table in TABLES.values()
        for group in {column.group for panel in table.panels for column in panel.columns}
        for row, figures in rows(table, group)
        if accuracies(figures) != sorted(accuracies(figures))
    }
    assert falling == {("bleedorigin-3", "YOLOv12-m [66]"), ("bleedorigin-5", "YOLOv12-m [66]")}
    assert under("bleedorigin-3", "YOLOv12-m [66]")[1:3] == [52.00, 48.33]


def test_tables_3_and_5_differ_in_seven_figures():
    different = {}
    for row, figures in rows(TABLES["bleedorigin-3"])[:-1]:
        twice = zip(accuracies(figures), under("bleedorigin-5", row.key, "Conf. = 0.01"), strict=False)
        different[row.key] = [(three, five) for three, five in twice if three != five]
    assert {row: pairs for row, pairs in different.items() if pairs} == {
        "YOLOv11-s [28]": [(55.52, 59.52)],
        "YOLOv11-n [28]": [(44.09, 45.24), (53.26, 54.76), (56.77, 59.52), (66.42, 69.05), (77.59, 76.19)],
        "YOLOv11-m [28]": [(63.90, 61.90)],
    }
    low = "Conf. = 0.01"
    assert under("bleedorigin-5", "YOLOv11-n [28]", low) == under("bleedorigin-5", "YOLOv11-s [28]", low)


def test_table_6_repeats_table_4_under_heads_of_frames():
    for row, figures in rows(TABLES["bleedorigin-6"], "Conf. = 0.01"):
        assert [f.value for f in figures.values()] == under("bleedorigin-4", row.labels[0].split(" ")[0])
    titles = [column.title for column in TABLES["bleedorigin-6"].panels[0].columns]
    assert titles == ["±≤0", "±≤1", "±≤2", "±≤4", "±≤8", "±≤16"] * 3


def test_ablations_end_in_the_figures_of_the_comparisons():
    assert under("bleedorigin-8", "✓") == under("bleedorigin-3", "BleedOrigin-Detect-Frame (Ours)")
    assert under("bleedorigin-8", "PE-Spatial-448 [6]") == under("bleedorigin-4", "BleedOrigin-Detect-Pixel (Ours)")
    assert under("bleedorigin-9", "✓ ✓ ✓ ✓ AdaLoRA [76]") == under("bleedorigin-7", "BleedOrigin-Track (Ours)")


def test_no_row_is_a_count_of_the_98_test_clips():
    for name in ("bleedorigin-3", "bleedorigin-4", "bleedorigin-5", "bleedorigin-8"):
        for group in {column.group for panel in TABLES[name].panels for column in panel.columns}:
            for row, figures in rows(TABLES[name], group):
                if any(accuracies(figures)):
                    assert not all(is_share_of(value, 98) for value in accuracies(figures)), row.key


@pytest.mark.parametrize(
    ("name", "row", "group", "of"),
    [
        ("bleedorigin-5", "YOLOv11-s [28]", "Conf. = 0.01", 42),
        ("bleedorigin-5", "YOLOv11-m [28]", "Conf. = 0.01", 63),
        ("bleedorigin-5", "YOLOv12-n [66]", "Conf. = 0.25", 29),
        ("bleedorigin-5", "YOLOv12-n [66]", "Conf. = 0.10", 73),
        ("bleedorigin-4", "YOLOv11-s", "", 86),
        ("bleedorigin-4", "YOLOv11-n", "", 86),
        ("bleedorigin-4", "YOLOv11-m", "", 78),
        ("bleedorigin-4", "YOLOv12-s", "", 86),
        ("bleedorigin-4", "YOLOv12-n", "", 86),
        ("bleedorigin-4", "Qwen2.5-VL [3]", "", 85),
        ("bleedorigin-4", "ChatGPT-4o [44]", "", 170),
        ("bleedorigin-4", "Gemini-2.5-Pro [16]", "", 170),
        ("bleedorigin-7", "CotrackerV3 [26]", "", 185),
        ("bleedorigin-7", "MFT [41]", "", 372),
    ],
)
def test_rows_that_are_a_count_of_few(name, row, group, of):
    figures = next(figures for each, figures in rows(TABLES[name], group) if each.key == row)
    assert counts(accuracies(figures))[0] == of


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("bleedorigin-3", "BleedOrigin-Detect-Frame (Ours)"),
        ("bleedorigin-4", "BleedOrigin-Detect-Pixel (Ours)"),
        ("bleedorigin-7", "TAPIR [12]"),
        ("bleedorigin-7", "BootsTAP [11]"),
        ("bleedorigin-7", "MFTIQ"),
        ("bleedorigin-7", "Track-On [2]"),
        ("bleedorigin-7", "BleedOrigin-Track (Ours)"),
        *(("bleedorigin-8", row.key) for row, _ in rows(TABLES["bleedorigin-8"])),
        *(("bleedorigin-9", row.key) for row, _ in rows(TABLES["bleedorigin-9"])),
    ],
)
def test_rows_that_are_no_count_up_to_700(name, row):
    figures = next(figures for each, figures in rows(TABLES[name]) if each.key == row)
    assert not counts(accuracies(figures))


def test_one_figure_of_a_row_is_of_another_count():
    yolo, claude = under("bleedorigin-4", "YOLOv12-m")[:5], under("bleedorigin-4", "Claude-3.5 [1]")[:5]
    assert [is_share_of(value, 85) for value in yolo] == [True, True, True, False, True]
    assert is_share_of(yolo[3], 84)
    assert [is_share_of(value, 85) for value in claude] == [True, True, True, True, False]


def least_error(values: list[float], limits: list[int]) -> float:
    """Whatever lies between two limits is off by more than the lower one; what lies within the first may be exact."""
    shares = [b - a for a, b in zip(values, [*values[1:], 100.0], strict=True)]
    return sum(share / 100 * limit for share, limit in zip(shares, limits, strict=True))


def test_mean_errors_are_possible_but_for_table_6_below_its_heads():
    impossible = set()
    for table in TABLES.values():
        for group in {column.group for panel in table.panels for column in panel.columns}:
            for row, figures in rows(table, group):
                error = figures.get("mean_error") or figures.get("mean_abs_error")
                if error:
                    limits = [int(metric[4:]) for metric in figures if metric.startswith("acc_")]
                    if error.value < least_error(accuracies(figures), limits):
                        impossible.add((table.name, group, row.labels[0]))
    names = [row.labels[0] for row, _ in rows(TABLES["bleedorigin-6"])]
    assert impossible == {("bleedorigin-6", f"Conf. = {c}", name) for c in ("0.25", "0.10") for name in names}


def test_table_8_without_memory_has_the_larger_error_and_its_means_are_as_the_note_says():
    without, with_ = under("bleedorigin-8", "✗"), under("bleedorigin-8", "✓")
    assert (without[-1], with_[-1]) == (4.77, 3.69)
    assert round(sum(without[:5]) / 5, 2) == 59.76
    assert round(sum(with_[:5]) / 5, 2) == 69.31


def test_gains_that_the_text_states_otherwise():
    ours, track_on = (under("bleedorigin-7", row)[0] for row in ("BleedOrigin-Track (Ours)", "Track-On [2]"))
    assert round(ours - track_on, 2) == 7.13
    spatial, dino = (under("bleedorigin-8", row)[0] for row in ("PE-Spatial-448 [6]", "DINOV2 [45]"))
    assert round(spatial / dino, 2) == 2.28
    with_, without = (under("bleedorigin-9", row) for row in ("✓ ✓ ✓ ✓ –", "✓ ✓ ✓ ✗ –"))
    assert [round(a - b, 2) for a, b in zip(with_, without, strict=True)] == [0.66, 1.23, 1.40, -4.77, -4.55, 1.99]


def test_latency_is_the_inverse_of_the_rate_cut_off():
    for _, figures in rows(TABLES["bleedorigin-10"]):
        assert figures["latency_s"].value == math.floor(1000 / figures["frames_per_s"].value) / 1000


def test_a_second_head_helps_most_point_models_and_no_region_model():
    both = {row.labels[0].rstrip("]").split(" [")[0].rstrip("†*"): row.key for row, _ in rows(TABLES["surgblood-2"])}
    region, point = [], []
    for name, group, into in (
        ("surgblood-3", "Bleeding region: SurgBlood", region),
        ("surgblood-4", "Bleeding point: SurgBlood", point),
    ):
        for row, figures in rows(TABLES[name])[:-1]:
            alone = [figure.value for figure in figures.values()]
            dual = under("surgblood-2", both[row.labels[0].split(" [")[0]], group)
            into += [with_ - without for with_, without in zip(dual, alone, strict=True)]
    assert len(region) == 10
    assert max(region) < 0
    assert [sum(gain > 0 for gain in point), point.count(0), sum(gain < 0 for gain in point)] == [10, 2, 3]


def test_bloodet_and_bleedorigin_are_best_in_their_comparisons():
    for name in ("surgblood-2", "surgblood-3", "surgblood-4", "bleedorigin-3", "bleedorigin-4", "bleedorigin-7"):
        panel = TABLES[name].panels[0]
        for place, column in enumerate(panel.columns):
            values = [row.figures[place].value for row in panel.rows]
            if column.metric != "parameters":
                best = min if "error" in column.metric else max
                assert best(values) == values[-1], (name, column.key)
