"""The first page: every board with its leader, and the runs that count nowhere."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..metrics.metric import Metric
from ..runs.run_folder import BadRun
from .document import cell, column, document, header, link, name_cell, paragraph, row, section, table
from .findings import Findings
from .standing import Standing
from .words import NOTHING, counted, figure, head, interval


def index_page(boards: Sequence[Findings], bad: Iterable[BadRun], root: Path) -> bytes:
    """The document. root: of all runs; bad runs are named below it."""
    left_out = sorted((place(run.folder, root), told(run.what, root), told(run.remedy, root)) for run in bad)
    runs = sum(len(found.board.runs) for found in boards)
    return document(
        "leaderboard",
        [
            header(
                "Surgical bleeding: leaderboard",
                counted(runs, "run"),
                counted(len(boards), "board"),
                f"{counted(len(left_out), 'run')} left out" if left_out else "",
            ),
            section("Boards", _boards(boards), _how(), anchor="boards"),
            section("Runs left out", _bad(left_out), anchor="bad"),
            section("The same as files", _files()),
        ],
        {"Boards": "#boards", **({"Runs left out": "#bad"} if left_out else {})},
    )


def place(folder: Path, root: Path) -> str:
    """The folder below the root, so that the page does not say where that lies."""
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else folder.name


def told(text: str, root: Path) -> str:
    """What is said of a run, with paths below the root."""
    return text.replace(f"{root}/", "").replace(str(root), "runs")


def _boards(boards: Sequence[Findings]) -> str:
    if not boards:
        return paragraph("There is no finished run.")
    words = [column(name, kind="word") for name in ("board", "cohort", "split", "truth", "metric", "best")]
    numbers = [column(name) for name in ("score", "models", "runs", "patients", "clips", "Kendall's tau")]
    return table([*words, *numbers], (_row(found) for found in boards), "Boards")


def _row(found: Findings) -> str:
    board, metric = found.board, found.board.primary
    title = board.protocol.title
    warned = '<small class="warn">some models LEAKY</small>' if board.leaky else ""
    version = f"<small>{escape(board.key.protocol)} {escape(board.key.version)}</small>"
    name = link(title, f"{board.key.page}.html") + version
    leaders = [model for model, rank in found.ranks.items() if rank == 1]
    counts = (len(board.models), len(board.runs), len(board.index.patients), len(board.index.clips))
    tau = found.stability.mean_tau if found.stability is not None else math.nan
    return row(
        [
            name_cell(name + warned, title),
            cell(board.key.cohort, kind="word"),
            cell(f"{board.key.split}.{board.key.fold}" if board.key.fold else board.key.split, kind="word"),
            cell(board.key.truth, kind="word"),
            cell(head(metric), kind="word"),
            cell(", ".join(leaders) or NOTHING, kind="word"),
            _score(metric, found.standings[leaders[0]][metric.name]) if leaders else cell(NOTHING, ""),
            *(cell(str(count)) for count in counts),
            cell(figure(tau, ""), repr(tau) if math.isfinite(tau) else ""),
        ]
    )


def _score(metric: Metric[Any], best: Standing) -> str:
    mark = " †" if best.why else ""
    between = interval(best.low, best.high, metric.unit)
    return cell(figure(best.value, metric.unit) + mark, repr(best.value), small=between, hint=best.why)


def _how() -> str:
    return paragraph(
        "Every score is computed anew from the runs' predictions. Runs stand on one board only where they were asked "
        "the same: protocol and version, cohort, split, and truth. Intervals are over patients, not frames. Kendall's "
        "tau says how well the order would survive other patients: 1 wholly, 0 not at all.",
        "soft",
    )


def _bad(left_out: Sequence[tuple[str, str, str]]) -> str:
    if not left_out:
        return ""
    said = paragraph("These count nowhere: not in a mean, not in a rank.", "warn")
    rows = [
        row([name_cell(escape(folder), folder), cell(what, kind="text"), cell(remedy, kind="text")])
        for folder, what, remedy in left_out
    ]
    return said + table(
        [column(name, kind="text") for name in ("run", "what is wrong", "what to do")], rows, "Runs left out"
    )


def _files() -> str:
    links = (link(name, name) for name in ("leaderboard.md", "leaderboard.csv", "leaderboard.json"))
    return f"<p>{' · '.join(links)}</p>"
