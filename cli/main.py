"""The `bleedkit` command. Groups and commands are imported when called, so that `--help` answers at once."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import click

from .. import __version__

# name -> (module below bleedkit.cli, attribute, one line for the list)
COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "data": ("data", "data", "Build, check and describe cohorts."),
    "split": ("split", "split", "Make leak-free splits by patient, and audit any split."),
    "pseudolabel": ("pseudolabel", "pseudolabel", "Turn sparse points into dense, checked tracks."),
    "bench": ("bench", "bench", "Train the two papers' models, on one part of a split and never beside it."),
    "annotate": ("annotate", "annotate", "Look at labels in FiftyOne and bring corrections back."),
    "weights": ("weights", "weights", "List and download the official checkpoints."),
    "demo": ("demo", "demo", "The whole chain on simulated surgery, or on your video: sparse points in, report out."),
    "doctor": ("doctor", "doctor", "Say what works on this machine and how to get what is missing."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when one of them is run or asked for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in the order of the registry, which is the order of work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"..{module}", __name__), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bleedkit")
def cli() -> None:
    """Surgical-bleeding video: sparse labels in, trustworthy datasets and dense checked tracks out.

    \b
    Try it on a small clip:           bleedkit demo
    On your own video and points:     bleedkit demo --video clip.mp4 --labels labels.json
    What works on this machine:       bleedkit doctor
    """


def main(args: list[str] | None = None) -> Any:
    """Run the command line: exit code 0, 1 for bad data, 2 for misuse, 130 after Ctrl-C. Never a traceback for data."""
    from ..datasets.errors import BleedkitError

    try:
        status = cli.main(args=args, prog_name="bleedkit", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted; nothing half-written was left behind.", err=True)
        status = 130
    except BleedkitError as error:
        click.echo(f"Error: {error}", err=True)
        status = 1
    except OSError as error:
        if error.filename is None:
            raise
        click.echo(f"Error: {error.filename}: {error.strerror}; check the path, space and permissions", err=True)
        status = 1
    sys.exit(status if isinstance(status, int) else 0)
