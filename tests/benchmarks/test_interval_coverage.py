"""The coverage tables come out, of very few samples."""

import numpy as np

from bleedkit.benchmarks import interval_coverage
from bleedkit.benchmarks.statistics.other_ways import OURS, WAYS


def test_every_interval_of_the_same_samples_is_judged():
    found = interval_coverage.covered("iou", 20, 6)
    assert set(found.held) == set(WAYS)
    assert all(len(held) == 6 for held in found.held.values())
    assert found.held[OURS].sum() >= 3 and found.reliable.all()


def test_shares_of_false_alarms_are_shares():
    shares = np.array(interval_coverage.false_alarms("share", 8, 4))
    assert len(shares) == 3 and np.isin(shares, np.arange(5) / 4).all()


def test_the_script_prints_three_tables_and_draws_one(tmp_path, monkeypatch, capsys):
    plot = tmp_path / "coverage.png"
    few = ["--patients", "8", "--populations", "iou", "onset", "--repetitions", "4", "--plot", str(plot)]
    monkeypatch.setattr("sys.argv", ["interval_coverage", *few])
    interval_coverage.main()
    tables = capsys.readouterr().out.strip().split("\n\n")
    assert [table.count("\n") + 1 for table in tables] == [2 + 2, 2 + len(WAYS), 2 + 2]
    assert plot.read_bytes().startswith(b"\x89PNG")
