"""Options that `bench evaluate` and `bench run` share: what is asked, of whom, and with what."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from .pseudolabel_options import WeightsFile

# Said here as well as in the registries, so that --help needs no torch; a test holds them equal.
FLOWS: Final = ("dis", "raft", "pwcnet")
PROTOCOLS: Final = ("region-point", "hemoset-zero-shot", "onset", "source", "track", "deploy")
SUITES: Final = ("smoke", "ci")
TRUTHS: Final = ("people", "consensus")

Command = TypeVar("Command", bound=Callable[..., Any])
FOLDER: Final = click.Path(file_okay=False, path_type=Path)
FOLDER_THERE: Final = click.Path(exists=True, file_okay=False, path_type=Path)


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command several options, in the order of its help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


PROTOCOL: Final = click.option("--protocol", type=click.Choice(PROTOCOLS), help="What is asked; see bench list.")
SPLIT: Final = click.option("--split", default="", help="A split by patient; trained on `train`, asked on `test`.")
OUT: Final = click.option("--out", type=FOLDER, required=True, help="The folder of all runs; runs are only added.")
SIZE: Final = click.option(
    "--size",
    type=click.Choice(["full", "tiny"]),
    default="full",
    show_default=True,
    help="The paper's size, or the same code small enough for a CPU.",
)
FLOW: Final = click.option(
    "--flow", type=click.Choice(FLOWS), default="dis", show_default=True, help="The frozen optical flow."
)
WEIGHTS: Final = click.option(
    "--weights", type=WeightsFile(), multiple=True, help="A checkpoint you have already; may be repeated."
)
DEVICE: Final = click.option("--device", default="auto", show_default=True, help="auto (a GPU if any), cpu, cuda:1.")
ALLOW_LEAK: Final = click.option(
    "--allow-leak", is_flag=True, help="Ask although the model may know these patients; every figure is marked."
)
TRUTH: Final = click.option(
    "--truth",
    type=click.Choice(TRUTHS),
    default="people",
    show_default=True,
    help="Of what several people labelled: the most trusted label, or what 'annotate agree --write' made of all.",
)
JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
