"""`bleedkit data phantom`: simulated surgical bleeding with exact truth."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from ..datasets.cohort import Cohort

# Kept here so that help answers without importing the renderer; a test holds them equal to the registries.
PRESETS: Final[Mapping[str, str]] = {
    "surgblood": "95 clips of 42 patients, 1280x720 at 2 fps, a mask and a point on every frame",
    "bleedorigin": "485 clips of 44 patients, 1240x1080 or 780x670 at 30 fps, onset at 120, a point a second",
    "bleedorigin-track": "the 485 tracking clips of its 44 patients alone; --scale shrinks their pictures only",
    "hemoset": "11 animals, 640x480 at 30 fps, a mask of all blood on every 30th frame",
    "demo": "10 clips of 6 patients, 320x256 at 30 fps, a point and a mask a second; under a minute",
}
LAYOUTS: Final = ("surgblood", "hemoset", "bleedorigin")
_LIST: Final = "\n    ".join(f"{name:<18} {text}" for name, text in PRESETS.items())
_PATH: Final = click.Path(path_type=Path)


@click.command(
    help=f"""Make a cohort of simulated surgical bleeding, with exact truth beside labels as people give them.

    \b
    Presets:
    {_LIST}

    The same options, seed and device give the same bytes, whatever the number of workers. A run that was stopped goes
    on when the same command is given again. The truth of each clip is in truth/, never among the labels.

    \b
    Examples:
    bleedkit data phantom --preset demo --out cohort
    bleedkit data phantom --preset surgblood --clips 12 --patients 5 --scale 0.25 --out small
    bleedkit data phantom --preset hemoset --out cohort --layout hemoset pigs
    """
)
@click.option("--preset", type=click.Choice(list(PRESETS)), default="demo", show_default=True, help="What to mirror.")
@click.option("--patients", type=click.IntRange(min=1), help="How many patients; by default as the preset has them.")
@click.option("--clips", type=click.IntRange(min=1), help="How many clips; by default as many as the preset has.")
@click.option(
    "--scale",
    type=click.FloatRange(0.02, 4.0),
    default=1.0,
    show_default=True,
    help="Size of the picture and length of the clips; lead-ins and shortest lengths stay.",
)
@click.option(
    "--identity",
    type=click.FloatRange(0.0, 5.0),
    default=1.0,
    show_default=True,
    help="How much people's tissue differs: 1 as in life, 3 for all to see, 0 not at all.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, another cohort.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; by default one a core.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True, help="Where to render.")
@click.option(
    "--media",
    type=click.Choice(["video", "frames"]),
    default="video",
    show_default=True,
    help="H.264 videos, or a JPEG a frame.",
)
@click.option(
    "--truth",
    type=click.Choice(["points", "full"]),
    default="points",
    show_default=True,
    help="Keep exact positions, or also every frame's masks, depth and flow (large).",
)
@click.option(
    "--layout",
    type=(click.Choice(LAYOUTS), _PATH),
    metavar="LAYOUT DIR",
    help=f"Also write it as {', '.join(LAYOUTS)} is laid out on disk into DIR; for the preset of that name.",
)
@click.option("--out", type=_PATH, required=True, help="Folder of the new cohort; must not exist or be empty.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def phantom(
    *,
    preset: str,
    patients: int | None,
    clips: int | None,
    scale: float,
    identity: float,
    seed: int,
    workers: int | None,
    device: str,
    media: str,
    truth: str,
    layout: tuple[str, Path] | None,
    out: Path,
    as_json: bool,
) -> None:
    """Make a phantom cohort; the help text is above, as it lists the presets."""
    from ..datasets.phantom.generate import PhantomSettings, generate_phantom
    from ..datasets.phantom.layouts import check_layout, write_layout

    settings = PhantomSettings(preset, seed, patients, clips, scale, media, truth, device, identity)
    if layout:
        check_layout(preset, *layout)
    cohort = generate_phantom(out, settings, workers=workers)
    if layout:
        write_layout(cohort, *layout)
    if as_json:
        click.echo(json.dumps(_document(cohort, out, layout), indent=2, ensure_ascii=False))
    else:
        click.echo(_line(cohort, out))
        if layout:
            click.echo(f"{layout[1]}: the same as {layout[0]} is laid out on disk")


def _document(cohort: "Cohort", out: Path, layout: tuple[str, Path] | None) -> dict[str, Any]:
    return {
        "cohort": str(out),
        "counts": dict(cohort.meta.counts),
        "patients": len({clip.patient_id for clip in cohort.clips.values()}),
        "layout": str(layout[1]) if layout else None,
        **cohort.meta.extra,
    }


def _line(cohort: "Cohort", out: Path) -> str:
    counts = cohort.meta.counts
    patients = len({clip.patient_id for clip in cohort.clips.values()})
    labels = ", ".join(f"{counts[name]} {name}" for name in ("points", "masks", "onsets") if counts[name])
    return (
        f"{out}: {counts['clips']} clips of {patients} patients, {counts['frames']} frames, {labels}; truth in truth/"
    )
