"""PaperTable: a table of one of the two papers as it is printed, and what its columns and rows are in our words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

Paper = Literal["SurgBlood", "BleedOrigin"]
Unit = Literal["%", "px", "frames", "M", "G", "/s", "s", "MiB"]

SCALES: Final[dict[Unit, float]] = {
    "%": 100.0, "px": 1.0, "frames": 1.0, "M": 1e-6, "G": 1e-9, "/s": 1.0, "s": 1.0, "MiB": 1.0,
}  # fmt: skip
"""What our figures (shares in [0, 1], parameters, operations) are multiplied with to stand in a paper's column."""


@dataclass(frozen=True)
class Figure:
    """A printed figure in the paper's own unit, percent for shares. spread: behind its ±, None where there is none."""

    value: float
    spread: float | None = None


@dataclass(frozen=True)
class Column:
    """One column of figures.

    title: as printed. group: the head above it, "" where there is none. metric: our name of what it is. here: our name
    of what is put beside it, where that differs. setting: what the group says of the models, told with their names.
    """

    title: str
    metric: str
    unit: Unit
    protocol: str
    dataset: str
    group: str = ""
    here: str = ""
    setting: str = ""
    decimals: int = 2

    @property
    def key(self) -> str:
        """Its name within the table."""
        return f"{self.group}: {self.title}" if self.group else self.title

    @property
    def measured(self) -> str:
        """What of our runs is put beside it."""
        return self.here or self.metric


@dataclass(frozen=True)
class Row:
    """One printed row. labels: its text cells; figures: one a column, None where the paper prints none.

    entry: our model, "" where we have none. section: the heading it stands under. protocol: where it is not the
    column's.
    """

    labels: tuple[str, ...]
    figures: tuple[Figure | None, ...]
    entry: str = ""
    section: str = ""
    protocol: str = ""

    @property
    def key(self) -> str:
        """Its name within the table."""
        return " ".join(self.labels)


@dataclass(frozen=True)
class Panel:
    """A block of rows with one head; most tables are one. heads: titles of the text cells."""

    heads: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.labels) != len(self.heads) or len(row.figures) != len(self.columns):
                raise ValueError(f"row {row.key} must have {len(self.heads)} labels and {len(self.columns)} figures")


@dataclass(frozen=True)
class Note:
    """What a reader has to know of figures: a contradiction, or how they were read.

    It hangs on the cells of `rows` and `columns` (their keys), on whole rows or columns where only those are named, and
    on the table where neither is.
    """

    text: str
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class PaperTable:
    """name: as on the command line. title and page: as the paper counts them. caption: the paper's, shortened.

    subject: what the rows of an ablation are variants of; "" in a comparison of models.
    """

    name: str
    paper: Paper
    title: str
    page: str
    caption: str
    panels: tuple[Panel, ...]
    notes: tuple[Note, ...] = field(default=())
    subject: str = ""

    def __post_init__(self) -> None:
        rows = {row.key for panel in self.panels for row in panel.rows}
        columns = {column.key for panel in self.panels for column in panel.columns}
        for note in self.notes:
            if not rows.issuperset(note.rows) or not columns.issuperset(note.columns):
                raise ValueError(f"{self.name} has no such rows or columns: {note.rows}, {note.columns}")

    def cells(self) -> Iterator[tuple[Panel, Row, Column, Figure | None]]:
        """Every place for a figure, row by row."""
        for panel in self.panels:
            for row in panel.rows:
                for column, figure in zip(panel.columns, row.figures, strict=True):
                    yield panel, row, column, figure

    def notes_on(self, row: Row, column: Column) -> tuple[Note, ...]:
        """Those that touch one cell, the table's own left out."""
        touching = (n for n in self.notes if n.rows or n.columns)
        return tuple(
            n for n in touching if (not n.rows or row.key in n.rows) and (not n.columns or column.key in n.columns)
        )
