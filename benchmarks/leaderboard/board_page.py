"""A board's page: who is how good, how sure that is, where, at what cost, and what it looks like."""

import json
from collections.abc import Mapping
from html import escape

from ..evaluation.whose_truth import PEOPLE, truth_settings
from .board import HUMAN
from .breakdown_plot import strata_table
from .curves_plot import bands
from .document import cell, column, document, facts, header, link, name_cell, paragraph, plot, row, section, table
from .efficiency_table import efficiency_table
from .findings import Findings
from .reported_rows import Reported
from .run_page import random_weights
from .score_table import score_table
from .words import counted, figure, head, joined, truth_said


def board_title(found: Findings) -> str:
    """Short, for links and heads."""
    key = found.board.key
    fold = f".{key.fold}" if key.fold else ""
    truth = "" if key.truth == PEOPLE else f", truth {key.truth}"
    return f"{found.board.protocol.title}: {key.cohort}, split {key.split}{fold}{truth}"


def board_page(found: Findings, reported: Reported, plots: Mapping[str, str], strips: str) -> bytes:
    """The document. plots: addresses by what they are of (see plots.py); strips: HTML of the pictures."""
    return document(
        board_title(found),
        [
            _head(found),
            _leak(found),
            section("Scores", _scores(found, reported), anchor="scores"),
            section("How sure the order is", *_sure(found, plots), anchor="ranks"),
            section("Accuracy by threshold", *_curves(found, plots), anchor="curves"),
            section("Where it is good, and where not", *_breakdowns(found, plots), anchor="breakdown"),
            section("Can the confidence be believed?", *_confidence(plots), anchor="confidence"),
            section("What it costs", *_cost(found, reported, plots), anchor="cost"),
            section("What it looks like", strips, anchor="pictures"),
            section("What is asked", _asked(found), _definitions(found), anchor="protocol"),
            section("Runs", _runs(found), anchor="runs"),
        ],
        {
            "All boards": "index.html", "Scores": "#scores", "Ranks": "#ranks", "Breakdown": "#breakdown",
            "Cost": "#cost", "Pictures": "#pictures", "Protocol": "#protocol", "Runs": "#runs",
        },
    )  # fmt: skip


def _head(found: Findings) -> str:
    board, index = found.board, found.board.index
    return header(
        board.protocol.title,
        f"cohort {board.key.cohort}",
        f"split {board.key.split}" + (f", fold {board.key.fold}" if board.key.fold else ""),
        counted(len(index.patients), "patient"),
        counted(len(index.clips), "clip"),
        counted(len(index), "row"),
        f"protocol {board.key.protocol}, version {board.key.version}",
        truth_said(board.key.truth, board.key.truth_digest),
    )


def _leak(found: Findings) -> str:
    board = found.board
    if not board.leaky:
        return ""
    whose = "Every model here" if len(board.leaky) == len(board.models) else joined(sorted(board.leaky))
    return paragraph(
        f"LEAKY: {whose} learnt from patients that they are scored on. Do not quote these figures.", "banner"
    )


def _scores(found: Findings, reported: Reported) -> str:
    board = found.board
    said = [
        f"Mean ± standard deviation over seeds; in small print the 95 % interval over patients and n. Ranked by "
        f"{board.primary.title}; the best of each column is bold.",
        "*, **: worse than the best of the column, p < 0.05, p < 0.01 (paired over patients; Holm over the column's "
        "models). Without a star, this cohort cannot tell the two apart.",
    ]
    cells = [one for of_model in found.standings.values() for one in of_model.values()]
    whys = sorted({one.why for one in cells if one.why})
    if whys:
        said.append(f"† The interval is not to be relied on: {'; '.join(whys)}.")
    if board.uneven:
        said.append("‡ Seeds of this model were run with different settings or code: ± is not of seeds alone.")
    notes = "".join(f"<li>{escape(note)}</li>" for note in reported.footnotes)
    return "".join(
        (
            score_table(found, reported.scores),
            *(paragraph(one, "soft") for one in said),
            f'<h3>Of the reported figures</h3><ol class="notes">{notes}</ol>' if notes else "",
        )
    )


def _sure(found: Findings, plots: Mapping[str, str]) -> list[str]:
    pictures = []
    if "intervals" in plots:
        caption = (
            "Mean over seeds with the 95 % interval over patients (dashed: not to be relied on); rings are single seeds"
            + ("; the dotted line is the human ceiling." if HUMAN in found.standings else ".")
        )
        pictures.append(
            plot(plots["intervals"], f"{head(found.board.primary)} of every model with its interval", caption)
        )
    if found.stability is not None and "ranks" in plots:
        caption = "How often a model takes each rank when the patients are drawn anew."
        pictures.append(plot(plots["ranks"], _in_words(found), caption))
    if not pictures:
        return []
    tau = ""
    if found.stability is not None:
        tau = paragraph(
            "Kendall's tau between the ranking of a draw and that of all patients is "
            f"{figure(found.stability.mean_tau, '')} in the mean: 1 is the same order in every draw, 0 is chance."
        )
    return [tau, f'<div class="plots">{"".join(pictures)}</div>']


def _in_words(found: Findings) -> str:
    if found.stability is None:
        return ""
    of = zip(found.ranks, found.stability.mean, found.stability.low, found.stability.high, strict=True)
    return "; ".join(f"{name}: mean rank {mean:.1f}, 95 % in {low} to {high}" for name, mean, low, high in of)


def _curves(found: Findings, plots: Mapping[str, str]) -> list[str]:
    pictures = [
        plot(plots[f"band {band}"], f"{band} over the threshold, a line a model", metrics[0].definition)
        for band, metrics in bands(found.board).items()
        if f"band {band}" in plots
    ]
    if "errors" in plots:
        caption = "The share of answers within each error; a curve that ends below 100 % leaves the rest unanswered."
        pictures.append(plot(plots["errors"], "share of answers within each error, a line a model", caption))
    return [f'<div class="plots">{"".join(pictures)}</div>'] if pictures else []


def _breakdowns(found: Findings, plots: Mapping[str, str]) -> list[str]:
    if not found.breakdowns:
        return []
    of = head(found.board.primary)
    pictures = (
        plot(plots[f"by {what}"], f"{of} by {what}", f"By {what}; dotted intervals are not to be relied on.")
        for what in found.breakdowns
        if f"by {what}" in plots
    )
    tables = (
        f"<details><summary>By {escape(what)}, as a table</summary>{strata_table(found, what, strata)}</details>"
        for what, strata in found.breakdowns.items()
    )
    return [f'<div class="plots">{"".join(pictures)}</div>', *tables]


def _confidence(plots: Mapping[str, str]) -> list[str]:
    if "confidence" not in plots:
        return []
    caption = "Of the answers given with this confidence, how many are right; on the diagonal it can be believed."
    return [
        f'<div class="plots">{plot(plots["confidence"], "observed over stated confidence, by model", caption)}</div>'
    ]


def _cost(found: Findings, reported: Reported, plots: Mapping[str, str]) -> list[str]:
    shown = efficiency_table(found.board, reported.costs)
    if not shown:
        return []
    caption = "The area of a mark grows with the number of parameters."
    alt = f"{head(found.board.primary)} over frames per second"
    picture = f'<div class="plots">{plot(plots["cost"], alt, caption)}</div>' if "cost" in plots else ""
    return [
        shown,
        paragraph("Speeds are comparable only where they were measured on the same machine.", "soft"),
        picture,
    ]


def _asked(found: Findings) -> str:
    protocol = found.board.protocol
    return facts(
        {
            "input": protocol.input,
            "split": protocol.split_rule,
            **_truth(found),
            "after": joined(protocol.tables),
            **{f"version {version}": change for version, change in sorted(protocol.changes.items())},
        }
    )


def _truth(found: Findings) -> dict[str, str]:
    """The protocol's words; of a consensus also what takes the place of people's labels."""
    told = {"truth": found.board.protocol.truth_rule}
    settings = truth_settings(found.board.runs[0].record.data)
    if not settings:
        return told
    said = (
        "What several people labelled is as the consensus in the cohort has it, in the place of their labels; what its "
        "rule left undecided has no truth. Annotators, whose own labels are in it, are not scored against it. Rule: "
    )
    rule = ", ".join(f"{name} {json.dumps(value)}" for name, value in sorted(settings.items()))
    return {**told, "consensus": said + rule}


def _definitions(found: Findings) -> str:
    rows = [
        row([name_cell(escape(head(metric)), metric.name), cell(metric.definition, kind="text")])
        for metric in found.board.protocol.metrics
    ]
    heads = [column("metric"), column("what it is", kind="text")]
    shown = table(heads, rows, "Definitions of the metrics")
    return f"<details><summary>Definitions of the metrics</summary>{shown}</details>"


def _runs(found: Findings) -> str:
    rows = []
    for run in found.board.runs:
        record = run.record
        name = f"{record.key.model}, seed {record.key.seed}"
        told = [("LEAKY" if record.leaky else ""), *(f"random weights: {one}" for one in random_weights(record))]
        first = name_cell(link(name, f"runs/{run.page}.html"), name)
        rows.append(
            row([first, cell("; ".join(filter(None, told)), kind="text"), cell(record.code_version, kind="text")])
        )
    return table([column(one, kind="text") for one in ("run", "beware", "code")], rows, "Runs")
