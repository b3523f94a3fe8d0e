"""The peak of what runs now, not of what ran before."""

import sys

import numpy as np
import pytest
import torch

from bleedkit.benchmarks.evaluation.peak_memory import PeakMemory

CPU = torch.device("cpu")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts a process's peak anew")
def test_a_peak_before_does_not_count():
    """400 MB before, 100 MB since: the figure grows by the second, up to what else the process does meanwhile."""
    np.ones(50_000_000).sum()
    memory = PeakMemory(CPU)
    before = memory.mib()
    np.ones(12_500_000).sum()
    assert 80 < memory.mib() - before < 200


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_it_is_the_gpus():
    device = torch.device("cuda")
    torch.zeros(2**28, device=device)
    memory = PeakMemory(device)
    torch.zeros(2**26, dtype=torch.uint8, device=device)
    assert 64 <= memory.mib() < 200
