"""The table, and that what is done is not done again; the rows themselves take minutes."""

import json

import pytest

from bleedkit.benchmarks import ablation
from bleedkit.benchmarks.ablation import ROWS, main, table


@pytest.fixture
def done(tmp_path):
    values = {0: 0.5, 1: 0.7}
    for row in ROWS[:2]:
        for seed, value in values.items():
            scores = {"region IoU": value, "PCK-10%": 0.25}
            told = {"question": row.question, "variant": row.variant, "seed": seed, "scores": scores}
            path = tmp_path / "rows" / f"{row.name}-{seed}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(told))
    return tmp_path


def test_the_table_has_means_and_every_seed(done):
    assert table(done).splitlines() == [
        "| BlooDet | region IoU | PCK-10% | seeds |",
        "|---|---|---|---|",
        "| whole | **0.600** (0.500, 0.700) | **0.250** (0.250, 0.250) | 2 |",
        "| no edge generator | **0.600** (0.500, 0.700) | **0.250** (0.250, 0.250) | 2 |",
    ]


def test_done_rows_are_skipped(done, monkeypatch, capsys):
    ran = []

    def run_row(row, seed, out, weights):
        ran.append((row.name, seed))
        assert (out, weights) == (done, {})
        return {
            "question": row.question,
            "variant": row.variant,
            "seed": seed,
            "scores": {"region IoU": 1.0, "PCK-10%": 0.0},
        }

    monkeypatch.setattr(ablation, "run_row", run_row)
    monkeypatch.setattr("sys.argv", ["ablation", str(done), "--only", "BlooDet-no"])
    main()
    assert ran == [(name, seed) for seed in (0, 1) for name in ("BlooDet-no-point-memory", "BlooDet-no-flow")]
    assert "no-flow-1.json {'region IoU': 1.0, 'PCK-10%': 0.0}" in capsys.readouterr().out


def test_every_row_has_a_name_of_its_own():
    assert len({row.name for row in ROWS}) == len(ROWS)
