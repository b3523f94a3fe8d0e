"""The life of a local worker process. Imports nothing heavy before it is said to use one thread."""

import signal
from multiprocessing.connection import Connection

from ..datasets.worker_life import end_with_parent
from .worker_process import one_thread


def serve(pipe: Connection) -> None:
    """Take the set-up, then job after job, until the driver lets go. An unexpected exception is told and ends it.

    What broke may have broken more, as a GPU's memory after a fault: a fresh process is the only safe place to go on.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the driver ends us
    end_with_parent()  # one that computes for minutes would not see its pipe closed
    one_thread()
    from .engines import Ended

    try:
        setup, place = pipe.recv()
        worker = setup.worker(place)
        while True:
            job = pipe.recv()
            for answer in worker.run(job):
                pipe.send(answer)
            pipe.send(Ended())
    except (EOFError, BrokenPipeError):
        return
    except Exception as error:
        pipe.send(Ended(f"{type(error).__name__}: {error}"))
