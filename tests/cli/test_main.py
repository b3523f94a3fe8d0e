"""The command line as a whole: one clear line for what goes wrong, and the right exit code."""

import subprocess
import sys

import click
import pytest

from bleedkit.cli import main as main_module
from bleedkit.datasets.errors import BleedkitError


def exit_code(error: BaseException | int) -> int:
    """What `bleedkit` exits with when a command raises `error`, or returns it."""

    @click.command()
    def fail() -> int:
        if isinstance(error, BaseException):
            raise error
        return error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main_module, "cli", fail)
        with pytest.raises(SystemExit) as left:
            main_module.main([])
    return left.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BleedkitError("a.json frame 3: no point"), 1),
        (FileNotFoundError(2, "No such file or directory", "a.mp4"), 1),
        (click.UsageError("no"), 2),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (0, 0),
    ],
)
def test_exit_codes(error, code):
    assert exit_code(error) == code


def test_data_errors_are_one_line(capsys):
    assert exit_code(BleedkitError("a.json frame 3: no point", "label it")) == 1
    assert capsys.readouterr().err == "Error: a.json frame 3: no point; label it\n"


def test_the_console_command_runs_and_names_its_version():
    from bleedkit import __version__

    run = subprocess.run(
        [sys.executable, "-c", "from bleedkit.cli.main import main; main(['--version'])"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.stdout == f"bleedkit, version {__version__}\n"
