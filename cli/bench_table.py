"""`bleedkit bench table`: a table of the papers, reported and from our runs."""

from pathlib import Path
from typing import Final

import click

# Said here as well as in the registry, so that --help needs nothing heavy; a test holds them equal.
TABLES: Final = (
    "surgblood-2", "surgblood-3", "surgblood-4", "surgblood-5", "surgblood-6", "surgblood-7", "surgblood-8",
    "bleedorigin-3", "bleedorigin-4", "bleedorigin-5", "bleedorigin-6", "bleedorigin-7", "bleedorigin-8",
    "bleedorigin-9", "bleedorigin-10",
)  # fmt: skip


@click.command("table")
@click.argument("name", type=click.Choice(TABLES), metavar="TABLE")
@click.option(
    "--runs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of runs; without it only what the paper reports.",
)
@click.option("--cohort", multiple=True, help="Whose runs, where there are several; may be repeated, one a protocol.")
@click.option("--split", default="", help="Runs of which split, where there are several.")
@click.option("--fold", type=click.IntRange(min=0), help="Runs of which fold, where there are several.")
@click.option("--truth", default="", help="Runs of which truth, where there are several: people, consensus-majority.")
@click.option("--text", "form", flag_value="text", default=True, help="For the terminal; the default.")
@click.option("--markdown", "form", flag_value="markdown", help="As Markdown.")
@click.option("--latex", "form", flag_value="latex", help="As LaTeX (booktabs).")
@click.option("--csv", "form", flag_value="csv", help="One line a figure, for machines.")
@click.option("--json", "form", flag_value="json", help="One JSON document.")
def table(
    name: str, *, runs: Path | None, cohort: tuple[str, ...], split: str, fold: int | None, truth: str, form: str
) -> None:
    """Print TABLE of a paper in the paper's own form, with the figures of our runs below the reported ones.

    Reported figures are copied from the paper and never reproduced here; what contradicts itself in them is footnoted.
    Ours are means over seeds, ± their standard deviation, of one cohort, split, fold and truth, which the table names;
    a dash where no run is.

    \b
    surgblood-2 to 7     Tables 2 to 7; 8 is Figure 8, a chart whose figures are not printed
    bleedorigin-3 to 10  Tables 3 to 10

    \b
    What the paper says:   bleedkit bench table surgblood-2
    And what came out:     bleedkit bench table surgblood-2 --runs runs --cohort phantom
    For a report:          bleedkit bench table bleedorigin-7 --runs runs --markdown > table.md
    """
    from ..benchmarks.papers.registry import TABLES as PRINTED
    from ..benchmarks.papers.reproduced import Wanted, reproduced
    from ..benchmarks.papers.table_forms import FORMS
    from ..benchmarks.runs.run_folder import GoodRun

    good: list[GoodRun] = []
    if runs is not None:
        from ..benchmarks.runs.read_runs import read_runs

        good, bad = read_runs(runs)
        for run in bad:
            click.echo(f"Left out: {run.folder}: {run.what}; {run.remedy}", err=True)
    found = reproduced(PRINTED[name], good, Wanted(cohort, split, fold, truth))
    click.echo(FORMS[form](PRINTED[name], found), nl=False)
