from bleedkit.benchmarks.leaderboard.reported_rows import reported
from bleedkit.benchmarks.protocols.registry import PROTOCOLS


def test_a_papers_rows_are_as_printed_with_table_and_page():
    found = reported(PROTOCOLS["region-point"])
    row = next(one for one in found.scores if one.model.startswith("BlooDet") and "Table 2" in one.source)
    # SurgBlood Table 2, last row: IoU 64.88, Dice 78.70, PCK-2/5/10 % 18.62, 55.85, 83.69.
    assert row.source == "SurgBlood Table 2, p. 7"
    assert row.shown["iou"].startswith("64.88")
    assert row.shown["dice"].startswith("78.7")
    assert [row.values[f"pck_{at}"] for at in (2, 5, 10)] == [18.62, 55.85, 83.69]


def test_table_10_stands_with_the_costs():
    found = reported(PROTOCOLS["onset"])
    (row,) = [one for one in found.costs if "Table 10" in one.source]
    # BleedOrigin Table 10, initial bleeding frame detection.
    assert row.values["frames_per_s"] == 9.73
    assert row.values["memory_mib"] == 5890


def test_footnotes_are_numbered_and_all_used():
    for protocol in PROTOCOLS.values():
        found = reported(protocol)
        used = {number for one in (*found.scores, *found.costs) for number in one.notes}
        assert used == set(range(1, len(found.footnotes) + 1))
        assert len(set(found.footnotes)) == len(found.footnotes)


def test_contradicting_yolo_rows_are_footnoted():
    found = reported(PROTOCOLS["onset"])
    rows = [one for one in found.scores if "YOLO" in one.model and "Table 3" in one.source]
    assert rows
    assert all(one.notes for one in rows)
    assert any("Table 5" in note for note in found.footnotes)
