"""PeakMemory: the most memory held while something ran, and not by what ran before it in the same process."""

import re
from pathlib import Path
from typing import Final

import torch

_STATUS: Final = Path("/proc/self/status")
_CLEAR: Final = Path("/proc/self/clear_refs")  # 5 sets the peak back to what is held now; see proc(5)


class PeakMemory:
    """Since it was made: on the GPU where the device is one, else by this process. One at a time.

    What a process still holds of its earlier work, and torch itself, some 300 MiB, is in its figure.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        else:
            self._counted = _set_back()

    def mib(self) -> float | None:
        """MiB; None where the system does not count anew, as only Linux does."""
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device) / 2**20
        if not self._counted:
            return None
        found = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
        return int(found[1]) / 2**10 if found else None


def _set_back() -> bool:
    try:
        _CLEAR.write_text("5", encoding="ascii")
    except OSError:
        return False
    return True
