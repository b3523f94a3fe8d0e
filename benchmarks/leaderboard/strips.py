"""Pictures of what the models say: the frame, the truth in it, and each model's answer, over one JPEG."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

import pyarrow.compute as pc

from ..evaluation.samples import Sample, samples
from ..predictions.row_index import CLIP_COLUMNS
from ..runs.run_folder import SAMPLES
from .board import HUMAN, Board, ScoredRun
from .document import facts
from .overlay import Row, answer_layer, picture, said, truth_layer
from .picture_file import picture_of

FOLDER: Final = "pictures"
_LEGEND: Final = (
    "<p>The same frames for every model, chosen by truth alone. A cross is the source, an outline the bleeding region: "
    "<b>blue and dashed</b> in truth, <b>yellow</b> as the model has it (the first seed's answer).</p>"
)
_ONSETS: Final = (
    "<p>Frames round the true onset of some clips, chosen by truth alone, and the frame that each model (its first "
    "seed) takes for the onset.</p>"
)


@dataclass(frozen=True, eq=False)
class Strips:
    """html: for the board's page; files: the pictures that it shows, by address."""

    html: str
    files: Mapping[str, bytes]


def strips(board: Board) -> Strips:
    """Frames without a picture in any run are left out; annotators, who were asked other frames, are not shown."""
    shown = [runs[0] for name, runs in board.models.items() if name != HUMAN]
    if not shown:
        return Strips("", {})
    files = {}
    by_clip: dict[str, list[tuple[Sample, str]]] = {}
    for sample in samples(board.protocol.task, shown[0].predictions):
        data = next(filter(None, (picture_of(run.folder / SAMPLES / sample.file) for run in board.runs)), b"")
        if data:
            address = f"{FOLDER}/{board.key.page}-{sample.file}"
            files[address] = data
            by_clip.setdefault(sample.clip_id, []).append((sample, address))
    film = board.protocol.task == "onset"
    parts = [_film(found, shown) if film else _answers(found, shown) for found in by_clip.values()]
    return Strips((_ONSETS if film else _LEGEND) + "".join(parts) if parts else "", files)


def _answers(found: list[tuple[Sample, str]], shown: list[ScoredRun]) -> str:
    """For each frame of a clip a row of pictures: truth, then every model."""
    parts = []
    for sample, address in found:
        rows = {run.record.key.model: _row(run, sample) for run in shown}
        first = next(iter(rows.values()))
        frame = f"frame {sample.frame} of clip {sample.clip_id}"
        pictures = [
            _figure(picture(address, first, frame), "the frame"),
            _figure(picture(address, first, f"truth in {frame}", truth_layer(first)), "truth"),
            *(
                _figure(_answer(address, row, f"{name} in {frame}: {said(row)}"), name, said(row))
                for name, row in rows.items()
            ),
        ]
        parts.append(f'<h3>{escape(frame)}</h3><div class="strip">{"".join(pictures)}</div>')
    return "".join(parts)


def _answer(address: str, row: Row, alt: str) -> str:
    return picture(address, row, alt, truth_layer(row), answer_layer(row))


def _film(found: list[tuple[Sample, str]], shown: list[ScoredRun]) -> str:
    """Frames of a clip side by side, and below them what every model takes for the onset."""
    clip_id = found[0][0].clip_id
    rows = {run.record.key.model: _row(run, Sample(clip_id, 0)) for run in shown}
    first = next(iter(rows.values()))
    true = first["true_onset"]
    pictures = [
        _figure(picture(address, first, f"frame {sample.frame}"), f"frame {sample.frame}", _when(sample.frame, true))
        for sample, address in found
    ]
    onsets = facts({name: _onset(row["onset"], true) for name, row in rows.items()})
    truth = "never bleeds" if true is None else f"bleeds from frame {true}"
    return f'<h3>clip {escape(clip_id)}, {truth}</h3><div class="strip">{"".join(pictures)}</div>{onsets}'


def _row(run: ScoredRun, sample: Sample) -> Row:
    """The run's row of the frame; of a frame without one what is known of its clip."""
    table = run.predictions.filter(pc.equal(run.predictions["clip_id"], sample.clip_id))
    exact = table.filter(pc.equal(table["frame"], sample.frame))
    if len(exact):
        row: Row = exact.slice(0, 1).to_pylist()[0]
        return row
    known: Row = table.select(list(CLIP_COLUMNS)).slice(0, 1).to_pylist()[0]
    return known


def _figure(html: str, title: str, text: str = "") -> str:
    more = f" {escape(text)}" if text else ""
    return f"<figure>{html}<figcaption><b>{escape(title)}</b>{more}</figcaption></figure>"


def _when(frame: int, true: int | None) -> str:
    return "" if true is None else "the onset" if frame == true else f"{frame - true:+d}"


def _onset(found: int | None, true: int | None) -> str:
    if found is None:
        return "sees no onset"
    return f"frame {found}" + ("" if true is None else f" ({found - true:+d})")
