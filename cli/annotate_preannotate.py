"""`bleedkit annotate preannotate`: a model's labels where nobody labelled."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .bench_options import FLOWS
from .pseudolabel_options import TRACKERS, WeightsFile, engine_options

if TYPE_CHECKING:
    from ..annotate.preannotate.run import PreannotateResult

# Said here as well as in the registries, so that --help needs no torch; a test holds them equal.
MODELS: Final = ("bloodet", "bleedorigin", "sam2")
_NAMED: Final = 10  # clips left out; the log names them all


class ModelWeights(WeightsFile):
    """FILE, or NAME=FILE, as (name, path); a file alone has the name ""."""

    name = "FILE or NAME=FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """Raises click's BadParameter where there is no such file."""
        if isinstance(value, str) and "=" not in value:
            return "", super().convert(f"file={value}", param, ctx)[1]
        return super().convert(value, param, ctx)


@click.command()
@click.argument("cohort", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", type=click.Choice(MODELS), required=True, help="What labels.")
@click.option("--weights", type=ModelWeights(), multiple=True, help="The model's weights; NAME=FILE where it has more.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Shards, ledger, log, run.json."
)
@click.option("--clips", multiple=True, help="Only this clip; may be repeated.")
@click.option(
    "--boxes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For sam2: a CSV file with clip_id,frame,x0,y0,x1,y1, pixels of the frame.",
)
@click.option("--size", type=click.Choice(["full", "tiny"]), help="Of the network; as it was trained by default.")
@click.option("--flow", type=click.Choice(FLOWS), help="That the model looks at; as it was trained by default.")
@click.option(
    "--tracker",
    type=click.Choice(TRACKERS),
    default="bleedorigin_track",
    show_default=True,
    help="For bleedorigin: what follows the source.",
)
@click.option(
    "--device", default="auto", show_default=True, help="Where models run: auto (a GPU if any), cpu, cuda, cuda:1."
)
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def preannotate(
    cohort: Path,
    *,
    model: str,
    weights: tuple[tuple[str, Path], ...],
    out: Path,
    clips: tuple[str, ...],
    boxes: Path | None,
    size: str | None,
    flow: str | None,
    tracker: str,
    device: str,
    engine: str,
    workers: int,
    ray_address: str,
    gpus_per_worker: float,
    as_json: bool,
) -> None:
    """Let a model label the frames of COHORT that nobody labelled, for people to review.

    Labels of people, what was derived from them, and all that somebody reviewed stay as they are. The same weights a
    second time add nothing; other weights replace labels that nobody reviewed. Stopped at any moment, the same command
    goes on where it was; a clip that cannot be read is left out and named, and the exit code is 1.

    \b
    bloodet      bleeding source, region and presence of every frame
    bleedorigin  onset, source and track; weights bleedorigin_onset, bleedorigin_source, bleedorigin_track, track_on
    sam2         the region that people clicked, boxed or drew in some frames, in all frames up to the next drawn one

    \b
    Example:    bleedkit annotate preannotate cohort --model bloodet --weights run/weights.safetensors --out pre
    SAM 2:      bleedkit annotate preannotate cohort --model sam2 --weights sam2_hiera_base_plus.pt --out pre
    Watch it:   bleedkit pseudolabel status pre
    Then:       bleedkit annotate review cohort --reviewer kim
    """
    import json
    from dataclasses import asdict

    from ..annotate.preannotate.annotator import ModelChoice
    from ..annotate.preannotate.prompts import read_boxes
    from ..annotate.preannotate.registry import annotator_spec
    from ..annotate.preannotate.run import preannotate as run
    from ..datasets.cohort import Cohort
    from ..models.stage import Resources
    from ..pseudolabel.engines import EngineChoice

    if engine != "ray" and (ray_address or gpus_per_worker):
        raise click.UsageError("--ray-address and --gpus-per-worker are for --engine ray")
    opened, main = Cohort(cohort), annotator_spec(model).weights[0]
    files = {name or main: path for name, path in weights}
    choice = ModelChoice(model, Resources(device, files), size or "", flow or "", tracker)  # type: ignore[arg-type]
    result = run(
        opened,
        choice,
        out=out,
        clips=clips,
        boxes=read_boxes(boxes, opened) if boxes else (),
        engine=EngineChoice(engine, workers, ray_address, gpus_per_worker),
        say=lambda note: click.echo(f"Note: {note}", err=True),
    )
    if as_json:
        click.echo(json.dumps(asdict(result), default=str, indent=2))
    else:
        _tell(result, cohort)
    for unit in result.left_out[:_NAMED]:
        click.echo(f"Left out: {unit}", err=True)
    if len(result.left_out) > _NAMED:
        click.echo(f"Left out: {len(result.left_out) - _NAMED} more, see {out}/log.jsonl", err=True)
    if result.left_out:
        raise click.exceptions.Exit(1)


def _tell(result: "PreannotateResult", cohort: Path) -> None:
    click.echo(f"{result.clips} clips ({result.reused} answers were there already)")
    click.echo(f"  new in {cohort}: {result.points} points, {result.masks} masks, {result.onsets} onsets")
    if result.kept:
        click.echo(f"  {result.kept} places were labelled or reviewed already, and stay")
    if result.labelled:
        click.echo(f"  {len(result.labelled)} clips have nothing left to label")
    if result.unprompted:
        click.echo(f"  {len(result.unprompted)} clips have no click, box or mask to begin from")
