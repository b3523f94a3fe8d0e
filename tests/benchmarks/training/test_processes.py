"""Real processes: killed, reading ahead, and several at once."""

import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

pytestmark = pytest.mark.slow
STEPS = "60"


def start(script, out, *words):
    return subprocess.Popen([sys.executable, str(script), str(out), STEPS, *words], stdout=subprocess.PIPE, text=True)


def test_killed_at_any_step_and_resumed_it_ends_with_the_same_bits(toy_script, tmp_path):
    whole = start(toy_script, tmp_path / "whole", "batch=2")
    rng = np.random.default_rng()
    cut, deaths = tmp_path / "cut", 0
    while deaths < 2:
        run = start(toy_script, cut, "batch=2", "save_every=7", "slow=0.02", "workers=1")
        aim = int(rng.integers(5, 25)) + 20 * deaths
        while run.poll() is None and not _reached(cut, aim):
            time.sleep(0.005)
        run.kill()
        deaths += 1
        assert run.wait() == -9, "it was over before it was killed"
    last = start(toy_script, cut, "batch=2", "save_every=7")
    assert last.wait() == 0
    assert "goes on after step" in last.stdout.read()
    assert whole.wait() == 0
    assert (cut / "weights.safetensors").read_bytes() == (tmp_path / "whole" / "weights.safetensors").read_bytes()
    assert not list((cut / "checkpoints").glob(".new-*"))


def test_two_processes_do_what_one_does_with_twice_the_batch(toy_script, tmp_path):
    one = start(toy_script, tmp_path / "one", "batch=4", "dropout=0")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    words = [str(tmp_path / "two"), STEPS, "batch=2", "dropout=0"]
    done = subprocess.run([*command, str(toy_script), *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert one.wait() == 0
    alone, both = (load_file(tmp_path / name / "weights.safetensors") for name in ("one", "two"))
    for name, value in alone.items():
        torch.testing.assert_close(both[name], value, rtol=1e-4, atol=1e-6)


def _reached(run, step):
    log = run / "log.jsonl"
    return log.exists() and f'"step": {step},' in log.read_text()
