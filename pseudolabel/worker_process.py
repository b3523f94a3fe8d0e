"""What a worker process settles for itself: one thread, so that bytes do not hang on the machine, and its device."""

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models.stage import Resources
    from .presets import PseudoLabelConfig


def one_thread() -> None:
    """OpenCV, torch and BLAS work in one thread from now on; to be called before they are imported, or at least used.

    torch sums in another order with another number of threads, and the parallel unit is the job anyway.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"  # read by libraries when they are loaded
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    import cv2

    cv2.setNumThreads(1)


def resources_here(config: "PseudoLabelConfig", resources: "Resources", place: int = 0) -> "Resources":
    """The same with the device settled for this process. place: its number among the workers of this machine.

    torch, slow to import, is asked for its GPUs only where a stage has weights to run there.
    """
    from ..models.device import device_here
    from .presets import matcher_stage, tracker_stage

    stages = [tracker_stage(config.tracker), *([matcher_stage(config.matcher)] if config.matcher else [])]
    weighted = any(stage.weights for stage in stages)
    return replace(resources, device=device_here(resources.device, place) if weighted else "cpu")
