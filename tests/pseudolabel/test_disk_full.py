"""A full disk: what is finished stays, what is not is told, and the same command goes on once there is room."""

import json
import subprocess
import sys

import pytest

from bleedkit.pseudolabel.run import run_pseudolabels

RUN = """
import resource, sys
from bleedkit.cli.main import main
most = int(sys.argv[1])
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
main(["pseudolabel", "run", sys.argv[2], "--tracker", "hold_still", "--out", sys.argv[3]])
"""


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of two pages, as only root can mount one."""
    place = tmp_path / "tiny"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_fails_the_units_that_find_no_room(stills, tiny_disk, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "shards").symlink_to(tiny_disk)
    result = run_pseudolabels(stills, tracker="hold_still", out=out)
    assert 0 < len(result.left_out) < 3
    assert all("No space left on device" in unit.error for unit in result.left_out)
    assert len(list(tiny_disk.iterdir())) == 3 - len(result.left_out), "nothing half-written is left"

    subprocess.run(["mount", "-o", "remount,size=1m", str(tiny_disk)], check=True)
    assert run_pseudolabels(stills, tracker="hold_still", out=out).left_out == ()


def test_a_ledger_that_finds_no_room_stops_the_run_in_one_line(stills, tmp_path):
    """No file may grow past 8 KiB: the ledger cannot even be made."""
    out = tmp_path / "out"
    command = [sys.executable, "-P", "-c", RUN, "8192", str(stills.folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: the ledger ")
    assert "check space and permissions" in line
    command[4] = "0"
    assert subprocess.run(command, capture_output=True).returncode == 0
    assert json.loads((out / "run.json").read_text())["left_out"] == []
