"""The forms in which a paper's table can be had, by name."""

from collections.abc import Callable, Mapping
from typing import Final

from .paper_table import PaperTable
from .reproduced import Reproduced
from .table_data import as_csv, as_json
from .table_text import as_latex, as_markdown, as_text

FORMS: Final[Mapping[str, Callable[[PaperTable, Reproduced], str]]] = {
    "text": as_text,
    "markdown": as_markdown,
    "latex": as_latex,
    "csv": as_csv,
    "json": as_json,
}
