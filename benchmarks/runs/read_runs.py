"""Every run below a folder, sorted into those that count and those that do not, each of these with its reason."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...datasets.progress import track
from ...datasets.safe_path import check_inside
from ..evaluation.truth_digest import truth_digest
from ..evaluation.whose_truth import truth_name, truth_settings
from ..metrics.score import Score
from ..protocols.protocol import Protocol
from ..protocols.registry import PROTOCOLS
from .human_run import HUMAN
from .record import RunRecord
from .record_file import read_record
from .run_folder import PREDICTIONS, RECORD, SHARDS, TRAINING, BadRun, GoodRun
from .scores import same_score, scores_of
from .table_check import read_predictions

_AGAIN: Final = "move the run away and give its command again"
_GO_ON: Final = "give its command again; it goes on where it was"
_FILES: Final = {RECORD, PREDICTIONS}
_FOLDERS: Final = {SHARDS, TRAINING}
_DEEPEST: Final = 5  # protocol, cohort, split, model, seed


def read_runs(root: Path, protocols: Mapping[str, Protocol] = PROTOCOLS) -> tuple[list[GoodRun], list[BadRun]]:
    """The runs below `root` in order of their folders. Nothing below it makes this fail: it is named and left out.

    A good run is finished, lies where its key says, is of a protocol and version that we have, and has predictions that
    are whole, of the digest and truth that its record names, and that give the scores it states; those of GoodRun are
    computed here. Names beginning with `.` are not looked at, and no link is followed. Raises BleedkitError where
    `root` is no folder.
    """
    if not root.is_dir():
        raise BleedkitError(f"{root} is no folder", "name the folder that runs were written to with --out")
    good: list[GoodRun] = []
    bad: list[BadRun] = []
    closed: list[OSError] = []
    for folder in track(list(_run_folders(root, closed.append)), "check runs"):
        try:
            good.append(_whole_run(root, folder, protocols))
        except BleedkitError as error:
            what = error.what.replace(f"{folder}/", "").replace(str(folder), "its own folder")
            bad.append(_bad(folder, what, error.remedy or _AGAIN))
        except Exception as error:  # whatever the bytes lead the readers to
            bad.append(_bad(folder, f"cannot be checked ({type(error).__name__}: {error})", _AGAIN))
    bad += [_bad(error.filename, f"cannot be looked into ({error.strerror})", "check permissions") for error in closed]
    for doubled in _duplicates(good):
        good = [run for run in good if run.folder != doubled.folder]
        bad.append(doubled)
    return good, sorted(bad, key=lambda run: str(run.folder))


def _bad(folder: Path | str, what: str, remedy: str) -> BadRun:
    """Names of files may be bytes that are no text; what is said of them can always be printed."""
    return BadRun(Path(_printable(os.fspath(folder))), _printable(what), remedy)


def _printable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _run_folders(root: Path, closed: Callable[[OSError], None]) -> Iterator[Path]:
    """Folders that hold a run or a piece of one, in order, and links to folders."""
    for place, folders, files in os.walk(root, onerror=closed):
        folder = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        deep = len(folder.relative_to(root).parts) >= _DEEPEST
        if _FILES & set(files) or (deep and _FOLDERS & set(folders)):
            yield folder
            deep = True
        else:
            yield from (folder / name for name in folders if (folder / name).is_symlink())
        if deep:
            folders.clear()


def _whole_run(root: Path, folder: Path, protocols: Mapping[str, Protocol]) -> GoodRun:
    """Raises BleedkitError with the first thing that is wrong, the most telling first."""
    if folder.is_symlink():
        raise BleedkitError("is a link, and links are not followed", "copy the run itself to its place")
    if not (folder / RECORD).exists():
        raise BleedkitError(f"has no {RECORD}", _GO_ON)
    for name in (RECORD, PREDICTIONS):
        check_inside(folder, folder / name)
    file = read_record(folder / RECORD)
    record, protocol = file.record, _protocol(file.record, protocols)
    _check_state(record)
    _check_place(root, folder, record)
    if not (folder / PREDICTIONS).is_file():
        raise BleedkitError(f"has no {PREDICTIONS}", _AGAIN)
    if (found := file_digest(folder / PREDICTIONS)) != record.predictions_digest:
        what = f"{PREDICTIONS} has digest {found[:12]}, its record says {record.predictions_digest[:12]!r}"
        raise BleedkitError(f"{what}: one of them was changed", _AGAIN)
    table = read_predictions(folder / PREDICTIONS, protocol.schema)
    if (truth := truth_digest(table, _consensus(record))) != record.truth_digest:
        what = f"was scored against truth {truth[:12]}, its record says {record.truth_digest[:12]!r}"
        raise BleedkitError(what, _AGAIN)
    scores = _checked_scores(protocol, record, table)
    if not file.untouched:
        raise BleedkitError(f"{RECORD} was changed after it was written", _AGAIN)
    return GoodRun(folder, replace(record, scores=scores), table)


def _consensus(record: RunRecord) -> Mapping[str, Any]:
    """The settings of the consensus that it was scored against. Raises BleedkitError where its key says otherwise."""
    try:
        settings = truth_settings(record.data)
    except ValueError as error:
        raise BleedkitError(f"its record's {error}", _AGAIN) from error
    if record.key.truth != truth_name(settings):
        raise BleedkitError(f"is of truth {record.key.truth!r}, its data say {truth_name(settings)!r}", _AGAIN)
    return settings


def _checked_scores(protocol: Protocol, record: RunRecord, table: pa.Table) -> dict[str, Score]:
    """All scores, from the predictions. One that the record does not state is of a metric that came later."""
    try:
        scores = scores_of(protocol, table)
    except ValueError as error:
        raise BleedkitError(f"{PREDICTIONS} cannot be scored ({error})", _AGAIN) from error
    for name, stated in record.scores.items():
        if name not in scores or not same_score(scores[name], stated):
            computed = f"{scores[name].value:g} of {scores[name].n}" if name in scores else "no such score"
            what = f"states {name} {stated.value:g} of {stated.n}, its predictions give {computed}"
            raise BleedkitError(what, _AGAIN)
    if protocol.primary not in record.scores:
        raise BleedkitError(f"states no {protocol.primary}", _AGAIN)
    return scores


def _protocol(record: RunRecord, protocols: Mapping[str, Protocol]) -> Protocol:
    key = record.key
    if key.protocol not in protocols:
        raise BleedkitError(f"there is no protocol {key.protocol!r}", "upgrade bleedkit; see 'bleedkit bench list'")
    protocol = protocols[key.protocol]
    if record.protocol_version != protocol.version:
        what = f"is of version {record.protocol_version!r} of {protocol.name}, this bleedkit has {protocol.version!r}"
        raise BleedkitError(what, "run it again; scores of two versions are never compared")
    return protocol


def _check_state(record: RunRecord) -> None:
    if record.state == "failed":
        raise BleedkitError(f"failed: {record.error}", _GO_ON)
    if record.state != "done":
        raise BleedkitError("is not finished", _GO_ON)


def _check_place(root: Path, folder: Path, record: RunRecord) -> None:
    wanted = record.key.folder
    if folder.relative_to(root).parts != wanted.parts:
        raise BleedkitError(
            f"holds the run of {wanted}", "move it there, or name as --runs the folder that had it as --out"
        )


def _duplicates(runs: Sequence[GoodRun]) -> Iterator[BadRun]:
    """Runs whose predictions another has too. Of one model's the lowest seed counts; of two models' none, as nobody
    can say whose they are. Two people may well agree to the byte.
    """
    same: defaultdict[tuple[str, ...], list[GoodRun]] = defaultdict(list)
    for run in runs:
        key = run.record.key
        if key.model == HUMAN:
            continue
        same[key.protocol, key.cohort, key.split, str(key.fold), key.truth, run.record.predictions_digest].append(run)
    for group in same.values():
        models = sorted({run.record.key.model for run in group})
        group.sort(key=lambda run: run.record.key.seed)
        if len(models) > 1:
            what = f"has predictions that are to the byte those of {' and '.join(models)}"
            yield from (BadRun(run.folder, what, "find out whose they are, and remove the others") for run in group)
            continue
        what = f"has predictions that are to the byte those of {models[0]} with seed {group[0].record.key.seed}"
        yield from (BadRun(run.folder, what, "it says nothing new; remove it") for run in group[1:])
