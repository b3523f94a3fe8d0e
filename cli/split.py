"""`bleedkit split`: make leak-free splits by patient, and audit any split."""

import json
from pathlib import Path

import click


@click.group()
def split() -> None:
    """Make leak-free splits by patient, and audit any split."""


def _ratio(_ctx: click.Context, _param: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        shares = tuple(float(share) for share in text.split(":"))
    except ValueError:
        shares = ()
    if len(shares) == 2:
        shares = (shares[0], 0.0, shares[1])
    if len(shares) != 3 or not all(0 <= share < float("inf") for share in shares) or not sum(shares):
        raise click.BadParameter(f"{text!r} is not TRAIN:VAL:TEST (4:1:1) or TRAIN:TEST (4:1)")
    return shares


def _strata(_ctx: click.Context, _param: click.Parameter, text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = set(names) - {"site", "scenario", "bleeding"}
    if unknown:
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: choose from site, scenario, bleeding")
    return names


@split.command("build")
@click.argument("cohort", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="The split's name, and its file's: splits/NAME.json in the cohort.")
@click.option("--ratio", callback=_ratio, help="Shares of frames, train:val:test or train:test.  [default: 4:1:1]")
@click.option("--folds", type=click.IntRange(min=2), help="Cross-validation in this many folds.")
@click.option("--leave-one-patient-out", is_flag=True, help="One fold per patient.")
@click.option(
    "--stratify", callback=_strata, default="site,scenario,bleeding", show_default=True, help="What to balance."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another equally good split.")
@click.option("--nnunet", type=click.Path(path_type=Path), help="Also write nnU-Net's splits_final.json here.")
@click.option("--json", "as_json", is_flag=True, help="Print the split as one JSON document.")
def build(
    cohort: Path,
    *,
    name: str,
    ratio: tuple[float, ...] | None,
    folds: int | None,
    leave_one_patient_out: bool,
    stratify: tuple[str, ...],
    seed: int,
    nnunet: Path | None,
    as_json: bool,
) -> None:
    """Put every patient of COHORT into one part, balanced over site, scenario and bleeding.

    \b
    bleedkit split build cohort --name main
    bleedkit split build cohort --name cv --folds 5
    bleedkit split build cohort --name two --ratio 3:1 --stratify bleeding --seed 7
    """
    from ..datasets.cohort import Cohort
    from ..datasets.nnunet_split import nnunet_splits
    from ..datasets.split import save_split
    from ..datasets.split_build import build_split
    from ..datasets.split_text import split_text
    from ..datasets.transaction import write_atomic

    if sum((ratio is not None, folds is not None, leave_one_patient_out)) > 1:
        raise click.UsageError("choose one of --ratio, --folds and --leave-one-patient-out")
    if name == "official":
        raise click.BadParameter("'official' is kept for the source's own split", param_hint="--name")
    method = "kfold" if folds else "leave-one-patient-out" if leave_one_patient_out else "ratio"
    opened = Cohort(cohort)
    made = build_split(
        opened,
        name=name,
        method=method,
        ratio=ratio or (4, 1, 1),
        folds=folds or 5,
        stratify=stratify,
        seed=seed,
    )
    exported = nnunet_splits(opened, made).encode() if nnunet else b""
    path = save_split(opened, made)
    if nnunet:
        write_atomic(nnunet, exported)
    for warning in made.report.get("warnings", ()):
        click.echo(f"Warning: {warning}", err=True)
    click.echo(made.to_json().rstrip() if as_json else f"{split_text(opened, made)}\nwritten to {path}")


@split.command("audit")
@click.argument("cohort", type=click.Path(path_type=Path))
@click.option("--split", "name", help="Which split; every split of the cohort where left out.")
@click.option("--fold", type=click.IntRange(min=0), default=0, show_default=True, help="Which fold of it.")
@click.option("--threshold", type=click.IntRange(0, 32), help="Bits of 64 for near-duplicates, instead of calibrating.")
@click.option("--no-look", is_flag=True, help="Trust the hashes alone; open no image.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write a picture here (PNG); needs --split.")
@click.option("--strict", is_flag=True, help="Exit with 1 where a leak is found.")
@click.option("--json", "as_json", is_flag=True, help="Print the audits as one JSON document, a list.")
def audit(
    cohort: Path,
    *,
    name: str | None,
    fold: int,
    threshold: int | None,
    no_look: bool,
    plot: Path | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Find patients, files and near-duplicate frames on both sides of COHORT's splits, and labels that shift.

    \b
    bleedkit split audit cohort
    bleedkit split audit cohort --split official --strict
    bleedkit split audit cohort --split main --plot audit.png --json
    """
    from ..datasets.cohort import Cohort
    from ..datasets.errors import BleedkitError
    from ..datasets.split import load_split, split_names
    from ..datasets.split_audit import audit_split
    from ..datasets.split_text import audit_text

    if plot and name is None:
        raise click.UsageError("--plot draws one split: name it with --split")
    opened = Cohort(cohort)
    names = [name] if name else split_names(opened)
    if not names:
        raise BleedkitError(f"{cohort} has no split", f"make one with 'bleedkit split build {cohort} --name main'")
    splits = [load_split(opened, one) for one in names]
    audits = [audit_split(opened, one, fold, threshold=threshold, look=not no_look) for one in splits]
    if plot:
        from ..datasets.split_audit_plot import plot_audit

        plot_audit(opened, splits[0], audits[0], plot)
    if as_json:
        click.echo(json.dumps([one.to_json() for one in audits], indent=2, ensure_ascii=False))
    else:
        click.echo("\n\n".join(audit_text(one) for one in audits))
    if strict and any(one.leaks for one in audits):
        raise click.exceptions.Exit(1)


@split.command("show")
@click.argument("cohort", type=click.Path(path_type=Path))
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(cohort: Path, name: str | None, as_json: bool) -> None:
    """List COHORT's splits, or show who is in which part of the split NAME.

    \b
    bleedkit split show cohort
    bleedkit split show cohort main
    """
    from ..datasets.cohort import Cohort
    from ..datasets.split import load_split, split_names
    from ..datasets.split_text import split_line, split_text

    opened = Cohort(cohort)
    if name is not None:
        found = load_split(opened, name)
        click.echo(found.to_json().rstrip() if as_json else split_text(opened, found, members=True))
        return
    splits = [load_split(opened, one) for one in split_names(opened)]
    if as_json:
        click.echo(json.dumps([json.loads(one.to_json()) for one in splits], indent=2))
    elif splits:
        click.echo("\n".join(split_line(one) for one in splits))
    else:
        click.echo(f"No split yet: bleedkit split build {cohort} --name main")
