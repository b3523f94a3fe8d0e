"""`bleedkit pseudolabel evaluate`: how right the engine is, beside simpler ways, on the same frames."""

from pathlib import Path

import click

from .pseudolabel_options import resources_of, stage_options


@click.command()
@click.argument("cohort", type=click.Path(exists=True, file_okay=False, path_type=Path))
@stage_options
@click.option(
    "--hide",
    type=click.IntRange(min=2),
    help="Show only every K-th label of a target (the 1st, the K+1st, ...) and score at the others.",
    metavar="K",
)
@click.option(
    "--phase",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="With --hide K: which of the first K labels is the first that is shown, counted from 0.",
)
@click.option(
    "--labels",
    type=click.Choice(["human", "exact"]),
    default="human",
    show_default=True,
    help="exact: show labels where the target really is, for the engine's error without the annotators'.",
)
@click.option("--clips", type=click.IntRange(min=1), help="So many clips, evenly from all; by default every one.")
@click.option("--scenario", "scenarios", multiple=True, help="Only clips that have it; may be repeated.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes; clips go side by side."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="evaluation.html, evaluation.json, frames.parquet.",
)
@click.option("--json", "as_json", is_flag=True, help="Print evaluation.json instead of tables.")
def evaluate(
    cohort: Path,
    *,
    preset: str,
    matcher: str | None,
    tracker: str | None,
    device: str,
    weights: tuple[tuple[str, Path], ...],
    hide: int | None,
    phase: int,
    labels: str,
    clips: int | None,
    scenarios: tuple[str, ...],
    workers: int,
    out: Path,
    as_json: bool,
) -> None:
    """Say how far off the pseudo-labels of COHORT would be, and whether their uncertainty can be believed.

    Frames between two visible labels are densified and scored against exact truth where the cohort has it (a phantom),
    else against labels that --hide keeps from the engine. The engine is compared with holding still, linear
    interpolation, its own forward track, and that track under the paper's Kalman smoothing and under a bridge, all on
    the same frames. COHORT itself is never changed.

    \b
    Real clips:   bleedkit pseudolabel evaluate cohort --hide 2 --out eval
    Other half:   bleedkit pseudolabel evaluate cohort --hide 2 --phase 1 --out eval
    A phantom:    bleedkit pseudolabel evaluate phantom --preset classical --workers 2 --out eval
    One scenario: bleedkit pseudolabel evaluate phantom --scenario "water flushing" --out flushing
    Then:         open eval/evaluation.html
    """
    if phase >= (hide or 1):
        raise click.UsageError(f"--phase {phase} must be less than K of --hide K; without --hide every label is shown")
    from ..datasets.cohort import Cohort
    from ..pseudolabel.evaluation import evaluate_pseudolabels
    from ..pseudolabel.evaluation_files import evaluation_json, write_evaluation
    from ..pseudolabel.evaluation_text import evaluation_text
    from ..pseudolabel.presets import preset_config

    evaluation = evaluate_pseudolabels(
        Cohort(cohort),
        preset_config(preset, matcher=matcher or "", tracker=tracker or ""),
        name=preset,
        hide=hide or 0,
        phase=phase,
        exact_labels=labels == "exact",
        clips=clips,
        scenarios=scenarios,
        workers=workers,
        resources=resources_of(device, weights),
    )
    page = write_evaluation(evaluation, out)
    if as_json:
        click.echo(evaluation_json(evaluation), nl=False)
    else:
        click.echo(evaluation_text(evaluation))
        click.echo(f"Look at it: {page}")
    for clip_id, why in evaluation.failed.items():
        click.echo(f"Error: clip {clip_id} was left out: {why}", err=True)
    if evaluation.failed:
        raise click.exceptions.Exit(1)
