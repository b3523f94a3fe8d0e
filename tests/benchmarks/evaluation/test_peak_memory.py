"""The peak of what runs now, not of what ran before."""

import subprocess
import sys

import pytest
import torch

from bleedkit.benchmarks.evaluation.peak_memory import PeakMemory

_TWO_PEAKS = """
import numpy as np
import torch
from bleedkit.benchmarks.evaluation.peak_memory import PeakMemory
np.ones(50_000_000).sum()
memory = PeakMemory(torch.device("cpu"))
before = memory.mib()
np.ones(12_500_000).sum()
print(memory.mib() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts a process's peak anew")
def test_a_peak_before_does_not_count():
    """400 MB before, 100 MB since, in a process that does nothing else: the figure grows by the second alone."""
    done = subprocess.run([sys.executable, "-P", "-c", _TWO_PEAKS], capture_output=True, text=True, check=True)
    assert 80 < float(done.stdout) < 200


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_it_is_the_gpus():
    device = torch.device("cuda")
    torch.zeros(2**28, device=device)
    memory = PeakMemory(device)
    torch.zeros(2**26, dtype=torch.uint8, device=device)
    assert 64 <= memory.mib() < 200
