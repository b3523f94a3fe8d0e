"""Runs are added and never changed; what is written is there whole or not at all."""

from dataclasses import replace

import pytest

from bleedkit.benchmarks.runs.record import RunKey, RunRecord
from bleedkit.benchmarks.runs.write_run import record_in, write_record
from bleedkit.datasets.errors import BleedkitError

GOING = RunRecord(
    RunKey("track", "cohort", "main", 0, "hold_still", 0), "1", "going", False, {}, {}, {}, (), "0.1.0", {}, "now"
)


def test_a_record_may_go_on_until_it_is_done(tmp_path):
    folder = tmp_path / "a" / "b"
    assert record_in(folder) is None
    for state in ("going", "failed", "going", "done"):
        write_record(folder, replace(GOING, state=state))
        assert record_in(folder).state == state
    before = (folder / "run.json").read_bytes()
    with pytest.raises(BleedkitError, match="finished runs are never written again"):
        write_record(folder, replace(GOING, state="failed"))
    assert (folder / "run.json").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["run.json"]


def test_a_record_that_cannot_be_read_is_not_written_over(tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(BleedkitError, match="is not JSON"):
        write_record(tmp_path, GOING)
