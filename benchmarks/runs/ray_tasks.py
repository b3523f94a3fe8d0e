"""Work on Ray: one task an item, on this machine or a cluster."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from ...datasets.errors import BleedkitError
from ...pseudolabel.ray_cluster import connect, import_ray, in_short
from ...pseudolabel.worker_process import one_thread
from .processes import Ended

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_ray(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    *,
    address: str = "",
    gpus_per_worker: float = 0.0,
) -> Iterator[Ended[Result]]:
    """Call `work` for each item in a task of one CPU and `gpus_per_worker` GPUs; what has ended comes as it ends.

    workers: CPUs of a Ray started here; a cluster, at `address` or RAY_ADDRESS, shares itself out. Each task has a
    process of its own and is not tried again. Paths in the items must mean the same on every node. Raises BleedkitError
    where Ray is not there, cannot be reached, or has not so much of a GPU.
    """
    ray = import_ray()
    ours = not ray.is_initialized()
    if ours:
        connect(ray, address or os.environ.get("RAY_ADDRESS", ""), workers)
    try:
        if gpus_per_worker > ray.cluster_resources().get("GPU", 0.0):
            raise BleedkitError(f"Ray has no {gpus_per_worker:g} GPU for a worker", "ask for less by --gpus-per-worker")
        task = ray.remote(num_cpus=1, num_gpus=gpus_per_worker, max_retries=0, max_calls=1)(_alone)
        going = {task.remote(work, item): place for place, item in enumerate(items)}
        while going:
            ready, _ = ray.wait(list(going), num_returns=1)
            yield _heard(ray, ready[0], going.pop(ready[0]))
    finally:
        if ours:
            ray.shutdown()


def _alone(work: Callable[[Any], Any], item: Any) -> Any:
    one_thread()
    return work(item)


def _heard(ray: Any, task: Any, place: int) -> Ended[Any]:
    try:
        return Ended(place, ray.get(task))
    except ray.exceptions.RayTaskError as error:
        return Ended(place, None, f"{type(error.cause).__name__}: {error.cause}")
    except ray.exceptions.RayError as error:
        return Ended(place, None, f"its Ray worker was lost ({in_short(error)})")
