"""The whole site from good and bad runs, as files; nothing is read but runs' pictures, nothing is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...datasets.progress import track
from ..protocols.protocol import Protocol
from ..protocols.registry import PROTOCOLS
from ..runs.run_folder import TRAINING, BadRun, GoodRun
from ..statistics.bootstrap import DRAWS
from .board import ScoredRun, boards
from .board_page import board_page
from .csv_file import csv_bytes
from .find import find
from .findings import Findings
from .index_page import index_page
from .json_file import as_document, json_bytes
from .markdown import markdown
from .picture_file import picture_of
from .plots import plots
from .reported_rows import reported
from .run_page import run_page
from .strips import strips
from .summary_text import summary_text

_CURVES: Final = "curves.png"


@dataclass(frozen=True, eq=False)
class Site:
    """files: by path below the site's folder; summary: what leaderboard.json says; text: the rankings."""

    files: Mapping[str, bytes]
    summary: Mapping[str, Any]
    text: str


def leaderboard_site(
    good: Iterable[GoodRun],
    bad: Iterable[BadRun],
    *,
    root: Path,
    n_draws: int = DRAWS,
    protocols: Mapping[str, Protocol] = PROTOCOLS,
) -> Site:
    """The same runs give the same bytes, in whatever order and folder they are. root: of all runs.

    Raises ValueError for two good runs of one key, or of a protocol that is not in `protocols`.
    """
    bad = list(bad)
    boards_found = [find(board, n_draws) for board in boards(good, protocols)]
    summary = as_document(boards_found, bad, root)
    files = {
        "index.html": index_page(boards_found, bad, root),
        "leaderboard.csv": csv_bytes(boards_found),
        "leaderboard.json": json_bytes(summary),
        "leaderboard.md": markdown(boards_found),
    }
    for found in track(boards_found, "Drawing pages"):
        files.update(_board_files(found))
    return Site(files, summary, summary_text(boards_found))


def _board_files(found: Findings) -> dict[str, bytes]:
    board = found.board
    drawn = plots(found)
    shown = strips(board)
    addresses = {name: address for name, (address, _) in drawn.items()}
    files = dict(drawn.values())
    files.update(shown.files)
    files[f"{board.key.page}.html"] = board_page(found, reported(board.protocol), addresses, shown.html)
    for run in board.runs:
        files.update(_run_files(found, run))
    return files


def _run_files(found: Findings, run: ScoredRun) -> dict[str, bytes]:
    curves = picture_of(run.folder / TRAINING / _CURVES)
    address = f"pictures/{run.page}-training.png"
    page = run_page(found.board, run, f"../{address}" if curves else "")
    return {f"runs/{run.page}.html": page, **({address: curves} if curves else {})}
