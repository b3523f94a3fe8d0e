"""`bleedkit data`: build, check and describe cohorts."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .data_export import export
from .data_import import import_
from .phantom import phantom

if TYPE_CHECKING:
    from ..datasets.problems import Problems

# Kept here so that help answers without importing a builder; a test holds it equal to the registry.
SOURCES: Final[Mapping[str, str]] = {
    "surgblood": "laparoscopic frames with bleeding regions and points",
    "hemoset": "porcine video with bleeding regions on every 30th frame",
    "bleedorigin": "ESD clips with bleeding sources, as LabelMe points",
    "vl_surgpt": "videos with labels.json: sparse points, null for not visible",
    "labelme": "any folder of images with LabelMe files beside them",
}
_LIST: Final = "\n    ".join(f"{name:<12} {text}" for name, text in SOURCES.items())
_PATH: Final = click.Path(path_type=Path)
_COHORT: Final = click.argument("cohort", type=_PATH)


@click.group()
def data() -> None:
    """Build, check and describe cohorts."""


data.add_command(phantom)
data.add_command(export)
data.add_command(import_)


@data.command(
    help=f"""Read the dataset in folder ROOT, laid out like SOURCE, into a new cohort.

    Every problem is listed at once, with file, frame and remedy. What cannot be used is left out, and then the exit
    code is 1; warnings alone leave it 0.

    \b
    Sources:
    {_LIST}

    \b
    Example:
    bleedkit data build vl_surgpt ~/VL-SurgPT --patients map.csv --out cohort
    """
)
@click.argument("source", type=click.Choice(list(SOURCES)))
@click.argument("root", type=_PATH)
@click.option("--out", type=_PATH, required=True, help="Folder of the new cohort; must not exist or be empty.")
@click.option("--name", default="", help="What to call the cohort; the source's name by default.")
@click.option("--patients", type=_PATH, help="CSV of name,patient_id: whose clip (or folder, or file) it is.")
@click.option("--mapping", type=_PATH, help="JSON or TOML that tells how a folder without a fixed layout is laid out.")
@click.option(
    "--copy",
    type=click.Choice(["media", "frames"]),
    help="Copy the media into the cohort instead of referring to them; 'frames' also turns videos into PNG files.",
)
@click.option("--strict", is_flag=True, help="Write nothing where anything had to be left out.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def build(
    *,
    source: str,
    root: Path,
    out: Path,
    name: str,
    patients: Path | None,
    mapping: Path | None,
    copy: str | None,
    strict: bool,
    as_json: bool,
) -> int:
    """Read a dataset into a new cohort; the help text is above, as it lists the sources."""
    from ..datasets.build import build_cohort
    from ..datasets.mapping_file import read_mapping
    from ..datasets.patient_map import read_patient_map
    from ..datasets.registry import DATASETS
    from ..datasets.source import ReadOptions

    if mapping and not DATASETS[source].takes_mapping:
        raise click.UsageError(f"{source} has a layout of its own; --mapping is for bleedorigin and labelme")
    options = ReadOptions(read_patient_map(patients) if patients else {}, read_mapping(mapping) if mapping else {})
    result = build_cohort(DATASETS[source], root, out, options=options, name=name, copy=copy, strict=strict)
    counts = dict(result.cohort.meta.counts) if result.cohort else {}
    if as_json:
        where = str(out) if result.cohort else None
        _print_json({"cohort": where, "counts": counts, "problems": _plain(result.problems)})
    else:
        _print_problems(result.problems)
        told = ("clips", "frames", "points", "masks", "onsets")
        rows = ", ".join(f"{counts[table]} {table}" for table in told if counts.get(table))
        click.echo(f"{out}: {rows}" if result.cohort else "Nothing was written.")
    return 1 if result.problems.errors else 0


@data.command()
@_COHORT
@click.option("--quick", is_flag=True, help="Do not read media and masks to compare their digests.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings as well.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def validate(*, cohort: Path, quick: bool, strict: bool, as_json: bool) -> int:
    """List everything in COHORT that breaks the model: changed files, dangling labels, points outside images.

    \b
    Example:
    bleedkit data validate cohort
    """
    from ..datasets.cohort import Cohort
    from ..datasets.validate import validate_cohort

    problems = validate_cohort(Cohort(cohort), quick=quick)
    if as_json:
        _print_json({"cohort": str(cohort), "problems": _plain(problems)})
    else:
        _print_problems(problems)
        if not problems:
            click.echo(f"{cohort}: sound{' (digests of media and masks not compared)' if quick else ''}")
    return 1 if problems.errors or (strict and problems) else 0


@data.command()
@_COHORT
@click.option("--plot", type=_PATH, help="Also draw a picture (PNG): labels over time and space, frames by patient.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def stats(*, cohort: Path, plot: Path | None, as_json: bool) -> None:
    """Count what is in COHORT: clips, patients, frames, labels by state and review, sites, bleeding, onsets.

    \b
    Example:
    bleedkit data stats cohort --plot cohort.png
    """
    from ..datasets.cohort import Cohort
    from ..datasets.cohort_statistics import cohort_statistics

    opened = Cohort(cohort)
    statistics = cohort_statistics(opened)
    if plot:
        from ..datasets.cohort_plot import plot_cohort

        plot_cohort(opened, plot)
    if as_json:
        _print_json(statistics.to_dict())
    else:
        from .statistics_tables import print_statistics

        print_statistics(statistics)


def _plain(problems: "Problems") -> list[dict[str, Any]]:
    return [asdict(problem) for problem in problems]


def _print_json(document: object) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _print_problems(problems: "Problems") -> None:
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems.errors)} errors, {len(problems.warnings)} warnings")
