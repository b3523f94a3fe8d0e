"""Options that jobs share: which stages, which weights, and where they run."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from ..models.stage import Resources

# Said here as well as in the registries, so that --help needs neither OpenCV nor torch; a test holds them equal.
PRESETS: Final = ("paper", "best", "classical", "detector")
MATCHERS: Final = ("xfeat", "xfeat-cosine", "xfeat-hub", "sift")
TRACKERS: Final = (
    "lucas_kanade",
    "anchored_lucas_kanade",
    "dense_flow",
    "dense_flow_raft",
    "dense_flow_pwcnet",
    "hold_still",
    "track_on",
    "bleedorigin_track",
)
ENGINES: Final = ("local", "ray")

Command = TypeVar("Command", bound=Callable[..., Any])


class WeightsFile(click.ParamType):
    """NAME=FILE as (name, path) of a file that is there."""

    name = "NAME=FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """Raises click's BadParameter where it is not that."""
        if isinstance(value, tuple):
            return value
        name, equals, file = value.partition("=")
        if not (name and equals and file):
            self.fail(f"{value!r} must be NAME=FILE, as in --weights track_on=track_on_checkpoint.pt", param, ctx)
        if not Path(file).is_file():
            self.fail(f"there is no file {file}", param, ctx)
        return name, Path(file)


def stage_options(command: Command) -> Command:
    """Give a command `preset`, `matcher`, `tracker`, `device` and `weights` (a tuple of (name, path))."""
    for option in reversed(_STAGES):
        command = option(command)
    return command


def engine_options(command: Command) -> Command:
    """Give a command `engine`, `workers`, `ray_address` and `gpus_per_worker`."""
    for option in reversed(_ENGINE):
        command = option(command)
    return command


def resources_of(device: str, weights: tuple[tuple[str, Path], ...]) -> "Resources":
    """What the options say, as the stages take it; "auto" is settled by each worker."""
    from ..models.stage import Resources

    return Resources(device, dict(weights))


_STAGES: Final = (
    click.option(
        "--preset", type=click.Choice(PRESETS), default="classical", show_default=True, help="Which stages do it."
    ),
    click.option("--matcher", type=click.Choice(MATCHERS), default=None, help="In place of the preset's own."),
    click.option("--tracker", type=click.Choice(TRACKERS), default=None, help="In place of the preset's own."),
    click.option(
        "--device", default="auto", show_default=True, help="Where models run: auto (a GPU if any), cpu, cuda, cuda:1."
    ),
    click.option(
        "--weights", type=WeightsFile(), multiple=True, help="A checkpoint you have already; may be repeated."
    ),
)
_ENGINE: Final = (
    click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="Where jobs run."),
    click.option(
        "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes, or Ray actors."
    ),
    click.option(
        "--ray-address",
        default="",
        help="A cluster's head, HOST:PORT; by default RAY_ADDRESS, else Ray on this machine.",
    ),
    click.option(
        "--gpus-per-worker",
        type=click.FloatRange(min=0),
        default=0.0,
        show_default=True,
        help="Of Ray's GPUs; 0.25 lets four workers share one, 0 keeps to CPUs.",
    ),
)
