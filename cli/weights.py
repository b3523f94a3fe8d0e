"""`bleedkit weights`: what official checkpoints there are, and how they come here."""

import json
from dataclasses import asdict

import click


@click.group()
def weights() -> None:
    """List the official checkpoints, their licences and whether they are here, and download them."""


@weights.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array instead of a table.")
def list_weights(as_json: bool) -> None:
    """Say of every official checkpoint what it is for, under which licence it stands, and where it lies or would.

    MB is the size of the file that is here, else what the page it comes from says; ? where that says nothing.

    \b
    bleedkit weights list
    bleedkit weights list --json | jq -r '.[] | select(.here | not) | .name'
    """
    from ..models.weights import weights_path
    from ..models.weights_table import WEIGHTS

    rows = []
    for name, entry in WEIGHTS.items():
        path = weights_path(name)
        size = path.stat().st_size if path.is_file() else None
        rows.append({**asdict(entry), "here": size is not None, "bytes": size, "path": str(path)})
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(f"{'':<8} {'name':<16} {'MB':>5}  {'licence':<16} for")
    for row in rows:
        click.echo(_line(row))
    click.echo(f"\nThey are kept in {weights_path(next(iter(WEIGHTS))).parent} (TORCH_HOME moves it).")


@weights.command()
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "everything", is_flag=True, help="Every one that can be downloaded.")
def fetch(names: tuple[str, ...], *, everything: bool) -> None:
    """Download official checkpoints and check their digests; one that is here already is only checked.

    A download that was cut goes on where it stopped. Exits 1 where any of them did not come, after trying the rest.
    Downloading accepts the licence that `bleedkit weights list` names.

    \b
    bleedkit weights fetch xfeat lighterglue
    bleedkit weights fetch --all
    """
    from ..datasets.errors import BleedkitError
    from ..models.weights import weights_file
    from ..models.weights_table import WEIGHTS

    failed = 0
    for name in _chosen(names, everything):
        entry = WEIGHTS[name]
        if everything and not entry.address:
            click.echo(f"left out  {name}: {entry.by_hand}")
            continue
        try:
            path = weights_file(name)
        except BleedkitError as error:
            failed += 1
            click.echo(f"Error: {error}", err=True)
        else:
            click.echo(f"here      {name} ({entry.licence}): {path}")
    if failed:
        raise click.exceptions.Exit(1)


def _chosen(names: tuple[str, ...], everything: bool) -> tuple[str, ...]:
    from ..models.weights_table import WEIGHTS

    if bool(names) == everything:
        raise click.UsageError("name one or more checkpoints, or give --all")
    unknown = [name for name in names if name not in WEIGHTS]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(WEIGHTS)}", param_hint="NAME")
    return tuple(WEIGHTS) if everything else tuple(dict.fromkeys(names))


def _line(row: dict[str, object]) -> str:
    here, size = row["bytes"], row["megabytes"]
    if isinstance(here, int):
        size = f"{here / 1e6:.0f}"
    state = click.style(f"{'here':<8}", fg="green") if row["here"] else "missing "
    note = "" if row["address"] else " (no public address)"
    return f"{state} {row['name']:<16} {size or '?':>5}  {row['licence']:<16} {row['purpose']}{note}"
