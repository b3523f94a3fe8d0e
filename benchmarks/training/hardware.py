"""What a run ran on, and how much memory it took at most."""

import os
import platform
import resource
import sys
from typing import Any

import torch


def hardware(device: torch.device) -> dict[str, Any]:
    """Machine, processor and versions, as a run's record keeps them."""
    found: dict[str, Any] = {
        "device": str(device),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
    if device.type == "cuda":
        found["gpu"] = torch.cuda.get_device_name(device)
    return found


def peak_memory_mib(device: torch.device) -> dict[str, int]:
    """The most this process ever held: resident, and on its GPU."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB on Linux
    found = {"peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit}
    if device.type == "cuda":
        found["peak_gpu_memory_mib"] = torch.cuda.max_memory_allocated(device) // 2**20
    return found
