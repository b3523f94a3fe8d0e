"""Worker processes do not outlive who started them."""

import os
import threading
from multiprocessing import parent_process


def end_with_parent() -> None:
    """From now on this process ends when its parent does, however that ended.

    A killed parent closes no queue that a sibling still holds, and a worker would go on writing into a folder that the
    next run has taken.
    """
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
