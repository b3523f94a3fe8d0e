"""What the fork server imports before the first run, so that no run waits for torch; with one thread from the start."""

from ...pseudolabel.worker_process import one_thread

one_thread()  # read by libraries when they are loaded

import torch  # noqa: E402

from ..training.seeding import deterministic  # noqa: E402
from . import one_run  # noqa: E402, F401 - being imported is its use

with deterministic(torch.device("cpu")):  # torch imports a second's worth when it is first asked for this
    pass
