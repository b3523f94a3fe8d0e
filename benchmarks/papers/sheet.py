"""Sheet: a paper's table with our figures put in, as cells of text that every form prints in its own way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Final

from ..evaluation.whose_truth import PEOPLE
from .paper_table import Column, Figure, Note, Panel, PaperTable, Row
from .reproduced import Evaluation, Here, Reproduced

NOTHING: Final = "–"
UNKNOWN: Final = "?"
LEAKY: Final = "!"
PAPER: Final = "paper"
HERE: Final = "here"
OTHERS: Final = "Run here, not in the paper"


@dataclass(frozen=True)
class Cell:
    """Text, and the letters of the notes that hang on it."""

    text: str
    marks: str = ""


@dataclass(frozen=True)
class Line:
    """One printed line: a section's heading (`section` alone), or labels and figures of the paper or of ours."""

    section: str = ""
    labels: tuple[Cell, ...] = ()
    source: str = ""
    figures: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Block:
    """A panel as text. groups: heads above the columns, each with how many it spans; empty where there are none."""

    title: str
    heads: tuple[str, ...]
    groups: tuple[tuple[str, int], ...]
    columns: tuple[Cell, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Sheet:
    """title: with the marks of the whole table's notes. said: where the figures are from. notes: by their letters."""

    title: Cell
    caption: str
    said: tuple[str, ...]
    blocks: tuple[Block, ...]
    notes: tuple[tuple[str, str], ...]


def sheet(table: PaperTable, found: Reproduced) -> Sheet:
    """Below each of the paper's rows stands ours, where any run belongs beside the table."""
    letters = dict(zip(table.notes, ascii_lowercase, strict=False))
    whole = "".join(letters[note] for note in table.notes if not note.rows and not note.columns)
    return Sheet(
        title=Cell(f"{table.paper}, {table.title}, page {table.page}", whole),
        caption=table.caption,
        said=("paper: reported, not reproduced here", *_said(found)),
        blocks=tuple(_block(panel, letters, found) for panel in table.panels),
        notes=tuple((letters[note], note.text) for note in table.notes),
    )


def _said(found: Reproduced) -> Iterator[str]:
    if not found.evaluations:
        yield "here: no run belongs beside this table"
    for evaluation in found.evaluations.values():
        yield f"here: {said_of(evaluation)}"
    if any(figure.leaky for figure in found.figures.values()):
        yield f"{LEAKY} LEAKY: of a split that has a patient in several parts; it says nothing of new patients"


def said_of(evaluation: Evaluation) -> str:
    """Which runs our figures are of, in words."""
    fold = f", fold {evaluation.fold}" if evaluation.fold else ""
    part = f", part {evaluation.part}" if evaluation.part else ""
    truth = "" if evaluation.truth == PEOPLE else f", truth {evaluation.truth}"
    seeds = ", ".join(map(str, evaluation.seeds))
    small = "".join(f"; {model} of size {size}" for model, size in sorted(evaluation.sizes.items()))
    small += "".join(f"; seeds of {model} differ in settings or code too" for model in evaluation.uneven)
    return (
        f"protocol {evaluation.protocol} {evaluation.version}, cohort {evaluation.cohort}, split {evaluation.split}"
        f"{fold}{part}{truth}; mean ± standard deviation over seeds {seeds}{small}"
    )


def _block(panel: Panel, letters: dict[Note, str], found: Reproduced) -> Block:
    groups: list[tuple[str, int]] = []
    for column in panel.columns:
        if groups and groups[-1][0] == column.group:
            groups[-1] = (column.group, groups[-1][1] + 1)
        else:
            groups.append((column.group, 1))
    return Block(
        title=panel.title,
        heads=panel.heads,
        groups=tuple(groups) if any(name for name, _ in groups) else (),
        columns=tuple(Cell(c.title, _marks(letters, columns=(c.key,))) for c in panel.columns),
        lines=tuple(_lines(panel, letters, found)),
    )


def _lines(panel: Panel, letters: dict[Note, str], found: Reproduced) -> Iterator[Line]:
    section = ""
    for row in panel.rows:
        if row.section != section:
            section = row.section
            yield Line(section=section)
        labels = [Cell(text) for text in row.labels]
        labels[0] = Cell(row.labels[0], _marks(letters, rows=(row.key,)))
        yield Line(labels=tuple(labels), source=PAPER, figures=tuple(_paper_cells(panel, row, letters)))
        if found.evaluations:
            yield _here(panel, row.entry, row.protocol, found)
    if found.others and found.evaluations:
        yield Line(section=OTHERS)
        for model in found.others:
            yield _here(panel, model, "", found, label=model)


def _paper_cells(panel: Panel, row: Row, letters: dict[Note, str]) -> Iterator[Cell]:
    for column, figure in zip(panel.columns, row.figures, strict=True):
        marks = "".join(
            letter
            for note, letter in letters.items()
            if note.rows and note.columns and row.key in note.rows and column.key in note.columns
        )
        yield Cell(_number(figure, column) if figure else UNKNOWN, marks)


def _here(panel: Panel, entry: str, protocol: str, found: Reproduced, label: str = "") -> Line:
    cells = []
    for column in panel.columns:
        of = protocol or column.protocol
        figure = found.here(of, entry, column) if entry else None
        mark = LEAKY if figure and figure.leaky else ""
        cells.append(Cell((_number(figure, column) if figure else NOTHING) + mark))
    labels = (Cell(label), *(Cell("") for _ in panel.heads[1:]))
    return Line(labels=labels, source=HERE, figures=tuple(cells))


def _number(figure: Figure | Here, column: Column) -> str:
    value = f"{figure.value:.{column.decimals}f}"
    return value if figure.spread is None else f"{value} ± {figure.spread:.{column.decimals}f}"


def _marks(letters: dict[Note, str], *, rows: Sequence[str] = (), columns: Sequence[str] = ()) -> str:
    """Letters of notes that name these whole rows, or these whole columns."""
    return "".join(
        letter
        for note, letter in letters.items()
        if (rows and not note.columns and set(rows) & set(note.rows))
        or (columns and not note.rows and set(columns) & set(note.columns))
    )
