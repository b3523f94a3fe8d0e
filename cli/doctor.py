"""`bleedkit doctor`: what works on this machine."""

import json
import sys
from dataclasses import asdict

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array instead of a table.")
def doctor(as_json: bool) -> None:
    """Say what works on this machine and how to get what is missing.

    Exits 1 where something the main job needs is missing; optional parts never fail it.

    \b
    bleedkit doctor
    bleedkit doctor --json | jq '.[] | select(.works | not) | .remedy'
    """
    from .machine import check_machine

    checks = check_machine()
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            word = click.style("ok     ", fg="green") if check.works else "missing"
            if check.needed and not check.works:
                word = click.style(word, fg="red", bold=True)
            click.echo(f"{word}  {check.name:<13} {check.found}")
            if check.remedy:
                click.echo(f"{'':<24}-> {check.remedy}")
    sys.exit(any(check.needed and not check.works for check in checks))
