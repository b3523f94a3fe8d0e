"""Every command teaches: a help text with an example, exit code 2 for misuse, and its line in the README."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bleedkit.cli.main import COMMANDS, cli

README = (Path(__file__).parents[2] / "README.md").read_text()


def leaves() -> list[tuple[str, click.Command]]:
    """Every command one can run, by its full name."""
    found = []
    for name in COMMANDS:
        command = cli.get_command(None, name)
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", child) for sub, child in command.commands.items()]
        else:
            found.append((name, command))
    return found


@pytest.mark.parametrize(("name", "command"), leaves(), ids=lambda value: value if isinstance(value, str) else "")
def test_help_shows_an_example_of_the_command(name, command):
    done = CliRunner().invoke(cli, [*name.split(), "--help"])
    assert done.exit_code == 0
    assert f"bleedkit {name}" in done.output.partition("Usage:")[2].partition("\n")[2]
    for option in (p for p in command.params if isinstance(p, click.Option)):
        assert option.help, f"{name} {option.name} has no help"


@pytest.mark.parametrize("name", [name for name, _ in leaves()])
def test_misuse_exits_two_with_usage(name):
    done = CliRunner().invoke(cli, [*name.split(), "--no-such-option"])
    assert done.exit_code == 2
    assert "Usage: " in done.output


@pytest.mark.parametrize("name", [name for name, _ in leaves()])
def test_the_readme_tells_of_the_command(name):
    assert f"bleedkit {name}" in README


def test_the_list_of_commands_is_the_registry():
    listed = re.findall(r"^  (\w+) ", CliRunner().invoke(cli, ["--help"]).output.partition("Commands:")[2], re.M)
    assert listed == list(COMMANDS)
