"""Ray as we use it: a cluster that is there, or one of our own on this machine for as long as it is needed."""

import logging
import os
import socket
from typing import Any, Final

from ..datasets.errors import BleedkitError

NAMESPACE: Final = "bleedkit"
_STORE_BYTES: Final = 2**28  # answers of 100 kB pass through it; Ray's own default is 30 % of the memory
_KNOCK_S: Final = 10.0


def import_ray() -> Any:
    """The library. Raises BleedkitError where it is not installed."""
    # Ray tells its makers about the machine it starts on unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise BleedkitError("Ray is not installed", "pip install 'bleedkit[ray]'") from error
    return ray


def connect(ray: Any, address: str, workers: int) -> None:
    """Join the cluster at `address`, "" for one started here with `workers` CPUs.

    Raises BleedkitError where none answers.
    """
    quiet = {"namespace": NAMESPACE, "logging_level": logging.ERROR, "log_to_driver": False}
    if not address:
        own = {"num_cpus": workers, "include_dashboard": False, "object_store_memory": _STORE_BYTES}
        ray.init(address="local", **quiet, **own)
        return
    remedy = "check the address; where the cluster asks for a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN"
    try:
        _knock(address)
        ray.init(address=address, **quiet)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise BleedkitError(f"no Ray cluster answers at {address} ({in_short(error)})", remedy) from error


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at HOST:PORT, which Ray takes five minutes to find."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), _KNOCK_S).close()


def in_short(error: Exception) -> str:
    """The first line of what Ray says."""
    return str(error).strip().partition("\n")[0]
