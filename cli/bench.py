"""`bleedkit bench`: train models on one part of a split, ask them about another, and compare the answers."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from .bench_leaderboard import leaderboard
from .bench_list import list_
from .bench_options import FLOWS, TRUTH
from .bench_run import evaluate, run
from .bench_table import table
from .pseudolabel_options import WeightsFile


@click.group()
def bench() -> None:
    """Train models, ask them what is true, and compare their answers.

    \b
    What there is:       bleedkit bench list
    Prove it all:        bleedkit bench run --suite smoke --cohort phantom --out runs
    Train and evaluate:  bleedkit bench run bloodet --protocol region-point --cohort cohort --split main --out runs
    Compare:             bleedkit bench leaderboard --runs runs --out site
    As in the papers:    bleedkit bench table surgblood-2 --runs runs
    """


for _command in (list_, evaluate, run, leaderboard, table):
    bench.add_command(_command)


@bench.command("train")
@click.argument("model")
@click.option(
    "--cohort", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True, help="Its data."
)
@click.option("--split", required=True, help="A split by patient; only its part `train` is learnt from.")
@click.option("--fold", type=click.IntRange(min=0), default=0, show_default=True, help="Which fold of it.")
@click.option("--leaky-split", is_flag=True, help="Take a split with patients in several parts; it is recorded.")
@TRUTH
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The run's folder.")
@click.option(
    "--size",
    type=click.Choice(["full", "tiny"]),
    default="full",
    show_default=True,
    help="The paper's size, or the same code small enough for a CPU.",
)
@click.option(
    "--init",
    default="pretrained",
    show_default=True,
    help="First weights: pretrained (what the paper starts from), random, or a FILE of this model's.",
)
@click.option("--weights", type=WeightsFile(), multiple=True, help="A checkpoint you have already; may be repeated.")
@click.option("--flow", type=click.Choice(FLOWS), default="dis", show_default=True, help="The frozen optical flow.")
@click.option(
    "--mdg", is_flag=True, help="Of track: look at what changed, too; begins from --weights bleedorigin_onset=FILE."
)
@click.option("--epochs", type=click.IntRange(min=1), help="How long; the paper's number where left out.")
@click.option("--steps", type=click.IntRange(min=1), help="End after so many steps, instead of epochs.")
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Items a step and process.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Factor on the paper's learning rates.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all that is drawn.")
@click.option("--device", default="auto", show_default=True, help="auto (a GPU if any), cpu, cuda, cuda:1.")
@click.option("--bf16", is_flag=True, help="Compute in bfloat16 where that is safe; weights stay float32.")
@click.option("--workers", type=click.IntRange(min=0), default=2, show_default=True, help="Processes that read ahead.")
@click.option("--save-every", type=click.IntRange(min=1), default=500, show_default=True, help="Steps to a checkpoint.")
@click.option(
    "--cache", type=click.Path(file_okay=False, path_type=Path), help="Folder of small frames, for runs to share."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def train(
    model: str,
    *,
    cohort: Path,
    split: str,
    fold: int,
    leaky_split: bool,
    truth: str,
    out: Path,
    size: str,
    init: str,
    weights: tuple[tuple[str, Path], ...],
    flow: str,
    mdg: bool,
    epochs: int | None,
    steps: int | None,
    batch: int,
    rate: float,
    seed: int,
    device: str,
    bf16: bool,
    workers: int,
    save_every: int,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Train MODEL on the patients of a split's part `train`.

    Stopped at any step, by whatever means, the same command goes on where it was, and on a CPU it ends with the same
    bits. Nothing is ever trained from random weights unless --init random says so. The run's folder holds run.json
    (settings, digests of data and weights, hardware, duration), weights.safetensors, curves.png, log.jsonl, the same
    for TensorBoard, and the last checkpoints.

    \b
    bloodet  region and source of every frame; starts from SAM 2
    sam2     the same by SAM 2 with a point head; starts from SAM 2
    unet     the same by a U-Net with a point head, frame by frame; --init random
    onset    the first bleeding frame; has no pretrained weights, so --init random
    source   the source in one picture; starts from PE-Spatial; learns from pseudo-labels as well
    track    follows the source; adapters on Track-On; learns from pseudo-labels as well

    \b
    Try it:        bleedkit bench train bloodet --cohort cohort --split main --out run --size tiny --init random \\
                     --steps 100
    On one GPU:    bleedkit bench train bloodet --cohort cohort --split main --out run --bf16 --flow pwcnet
    On four:       torchrun --standalone --nproc_per_node=4 $(which bleedkit) bench train bloodet ...
    Of consensus:  bleedkit annotate agree cohort --rule majority --write
                   bleedkit bench train bloodet --cohort cohort --split main --out run --truth consensus
    Look:          tensorboard --logdir run/tensorboard
    """
    from dataclasses import replace

    from ..benchmarks.evaluation.whose_truth import truth_of
    from ..benchmarks.training.cached_clips import Part
    from ..benchmarks.training.train_model import train_model
    from ..benchmarks.training.trainable_models import MODELS as TRAINABLE
    from ..benchmarks.training.trainable_models import Wish
    from ..datasets.cohort import Cohort
    from .pseudolabel_options import resources_of

    if epochs and steps:
        raise click.UsageError("choose one of --epochs and --steps")
    if model not in TRAINABLE:
        raise click.BadParameter(f"{model!r} is none of {', '.join(TRAINABLE)}", param_hint="MODEL")
    paper = TRAINABLE[model].recipe
    recipe = replace(
        paper,
        epochs=epochs or paper.epochs,
        steps=steps,
        batch=batch,
        rate=rate,
        seed=seed,
        bf16=bf16,
        workers=workers,
        save_every=save_every,
    )
    opened = Cohort(cohort)
    trained = train_model(
        model,
        opened,
        Part(split, fold=fold, leaky=leaky_split),
        out,
        wish=Wish("tiny" if size == "tiny" else "full", init, flow, resources_of(device, weights), mdg),
        recipe=recipe,
        cache=cache,
        truth=truth_of(opened, truth),
        say=lambda note: click.echo(f"Note: {note}", err=True),
    )
    if trained.weights_digest and as_json:  # of several processes, one talks
        click.echo(json.dumps(asdict(trained), default=str, indent=2))
    elif trained.weights_digest:
        click.echo(
            f"{trained.steps} steps ({trained.done_now} now) in {trained.seconds:.0f} s, loss {trained.loss:.4g}\n"
            f"Weights:     {trained.weights}\n"
            f"Look at it:  {out / 'curves.png'}"
        )
