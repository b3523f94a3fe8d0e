"""The log is whole lines of JSON, also after a driver was killed within one."""

import json
from contextlib import closing

from bleedkit.pseudolabel.run_log import RunLog


def test_lines_are_appended_and_a_torn_one_does_not_swallow_the_next(tmp_path):
    with closing(RunLog(tmp_path)) as log:
        log.write("run", units=3)
    with (tmp_path / "log.jsonl").open("a") as stream:
        stream.write('{"time": "20')
    with closing(RunLog(tmp_path)) as log:
        log.write("done", unit="u1", seconds=0.5)
    first, torn, last = (tmp_path / "log.jsonl").read_text().splitlines()
    assert torn == '{"time": "20'
    assert json.loads(first).items() >= {"event": "run", "units": 3}.items()
    assert json.loads(last).items() >= {"event": "done", "unit": "u1", "seconds": 0.5}.items()
    assert json.loads(last)["time"].endswith("+00:00")
