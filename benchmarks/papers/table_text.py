"""A paper's table with our figures, printed: for the terminal, as Markdown, as LaTeX."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from textwrap import fill
from typing import Final

from .paper_table import PaperTable
from .reproduced import Reproduced
from .sheet import Block, Cell, Line, sheet

_GAP: Final = "  "
_WIDTH: Final = 120


def as_text(table: PaperTable, found: Reproduced) -> str:
    """In columns of fixed width; a table is as wide as it is, all else is wrapped."""
    page = sheet(table, found)
    told = [fill(f"{_text(page.title)}: {page.caption}", _WIDTH), *(fill(each, _WIDTH) for each in page.said)]
    notes = [fill(f"[{letter}] {note}", _WIDTH, subsequent_indent="    ") for letter, note in page.notes]
    blocks = ["\n".join(([block.title] if block.title else []) + _text_block(block)) for block in page.blocks]
    return "\n\n".join(["\n".join(told), *blocks, "\n".join(notes)]) + "\n"


def _text(cell: Cell) -> str:
    return f"{cell.text} [{','.join(cell.marks)}]" if cell.marks else cell.text


def _text_block(block: Block) -> list[str]:
    first = len(block.heads) + 1  # figures stand right of the labels and of who says so
    rows = [[*block.heads, "", *map(_text, block.columns)], *_text_rows(block)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for (name, span), end in zip(block.groups, accumulate(span for _, span in block.groups), strict=True):
        taken = sum(widths[first + end - span : first + end]) + len(_GAP) * (span - 1)
        widths[first + end - 1] += max(0, len(name) - taken)
    body = iter(rows[1:])
    lines = [_aligned(next(body), widths, first) if line.source else line.section for line in block.lines]
    rule = "─" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    return [*_group_line(block, widths, first), _aligned(rows[0], widths, first), rule, *lines, rule]


def _text_rows(block: Block) -> list[list[str]]:
    """Marks hang behind the digits, which stand below each other."""
    lines = [line for line in block.lines if line.source]
    columns = zip(*(line.figures for line in lines), strict=True)
    behind = [max(len(_text(cell)) - len(cell.text) for cell in column) for column in columns]
    return [
        [
            *map(_text, line.labels),
            line.source,
            *(_text(c).ljust(len(c.text) + wide) for c, wide in zip(line.figures, behind, strict=True)),
        ]
        for line in lines
    ]


def _row(line: Line, shown: Callable[[Cell], str]) -> list[str]:
    return [*map(shown, line.labels), line.source, *map(shown, line.figures)]


def _aligned(row: Sequence[str], widths: Sequence[int], first: int) -> str:
    """Labels to the left, figures to the right."""
    cells = [f"{c:<{w}}" if i < first else f"{c:>{w}}" for i, (c, w) in enumerate(zip(row, widths, strict=True))]
    return _GAP.join(cells).rstrip()


def _group_line(block: Block, widths: Sequence[int], first: int) -> list[str]:
    if not block.groups:
        return []
    parts = [" " * (sum(widths[:first]) + len(_GAP) * (first - 1))]
    for (name, span), end in zip(block.groups, accumulate(span for _, span in block.groups), strict=True):
        width = sum(widths[first + end - span : first + end]) + len(_GAP) * (span - 1)
        parts.append(f"{name:>{width}}")
    return [_GAP.join(parts).rstrip()]


def as_markdown(table: PaperTable, found: Reproduced) -> str:
    """As tables that GitHub shows; groups of columns are told in each column's head."""
    page = sheet(table, found)
    parts = [f"**{_markdown(page.title)}.** {_escaped(page.caption)}", "\n".join(f"- {_escaped(s)}" for s in page.said)]
    for block in page.blocks:
        names = [name for name, span in block.groups for _ in range(span)] or [""] * len(block.columns)
        heads = [
            f"{_escaped(n)}: {_markdown(c)}" if n else _markdown(c) for n, c in zip(names, block.columns, strict=True)
        ]
        top = [*map(_escaped, block.heads), "", *heads]
        lines = [_bars(top), _bars(["---"] * (len(block.heads) + 1) + ["--:"] * len(block.columns))]
        for line in block.lines:
            row = _row(line, _markdown) if line.source else [f"*{_escaped(line.section)}*"] + [""] * (len(top) - 1)
            lines.append(_bars(row))
        parts.append("\n".join(([f"{_escaped(block.title)}\n"] if block.title else []) + lines))
    parts.append("\n".join(f"- <sup>{letter}</sup> {_escaped(note)}" for letter, note in page.notes))
    return "\n\n".join(parts) + "\n"


def _markdown(cell: Cell) -> str:
    marks = f" <sup>{','.join(cell.marks)}</sup>" if cell.marks else ""
    return _escaped(cell.text) + marks


def _escaped(text: str) -> str:
    for sign in "\\`*_|<>[]":
        text = text.replace(sign, f"\\{sign}")
    return text


def _bars(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_latex(table: PaperTable, found: Reproduced) -> str:
    r"""For a report: needs \usepackage{booktabs,amssymb}."""
    page = sheet(table, found)
    notes = [rf"\textsuperscript{{{letter}}} {_tex(note)}\\" for letter, note in page.notes]
    said = [rf"{_tex(each)}\\" for each in page.said]
    tabulars = [part for block in page.blocks for part in _tabular(block)]
    caption = rf"\caption{{{_tex_cell(page.title)}: {_tex(page.caption)}}}"
    body = [r"\begin{table}", r"\centering", caption, *tabulars, r"\par\raggedright\footnotesize", *said, *notes]
    return "\n".join([*body, r"\end{table}"]) + "\n"


def _tabular(block: Block) -> list[str]:
    empty, wide = len(block.heads) + 1, len(block.heads) + 1 + len(block.columns)
    lines = [rf"{_tex(block.title)}\par"] if block.title else []
    lines += [rf"\begin{{tabular}}{{{'l' * empty}{'r' * len(block.columns)}}}", r"\toprule"]
    if block.groups:
        over = " & ".join(rf"\multicolumn{{{span}}}{{c}}{{{_tex(name)}}}" for name, span in block.groups)
        lines.append(rf"{'& ' * empty}{over} \\")
    lines += [_ampersands([*map(_tex, block.heads), "", *map(_tex_cell, block.columns)]), r"\midrule"]
    for line in block.lines:
        heading = rf"\multicolumn{{{wide}}}{{l}}{{\emph{{{_tex(line.section)}}}}} \\"
        lines.append(_ampersands(_row(line, _tex_cell)) if line.source else heading)
    return [*lines, r"\bottomrule", r"\end{tabular}\par"]


def _tex_cell(cell: Cell) -> str:
    return _tex(cell.text) + (rf"\textsuperscript{{{','.join(cell.marks)}}}" if cell.marks else "")


_TEX: Final = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "$": r"\$", "{": r"\{", "}": r"\}",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "±": r"$\pm$", "≤": r"$\leq$", "↑": r"$\uparrow$",
    "↓": r"$\downarrow$", "×": r"$\times$", "✓": r"\checkmark{}", "✗": r"$\times$", "–": "--", "†": r"\dag{}",
    "·": r"$\cdot$", "²": r"$^2$", "<": "$<$", ">": "$>$",
}  # fmt: skip


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)


def _ampersands(cells: Sequence[str]) -> str:
    return rf"{' & '.join(cells)} \\"
