"""The pieces of our pages: one file each, nothing loaded from anywhere, no time and no path in them."""

import base64
from collections.abc import Iterable, Sequence
from html import escape

from .report_style import STYLE


def page(title: str, body: Iterable[str]) -> bytes:
    """A whole document; body: sections that are HTML already."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bleedkit: {escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    ).encode()


def header(title: str, *facts: str) -> str:
    """The page's head; facts: HTML."""
    return f"<header><h1>{escape(title)}</h1><p>{' · '.join(facts)}</p></header>"


def tiles(values: dict[str, str]) -> str:
    """Large numbers, by what they are of."""
    cells = "".join(f"<div><b>{escape(value)}</b>{escape(name)}</div>" for name, value in values.items())
    return f'<section class="tiles">{cells}</section>'


def section(title: str, *parts: str) -> str:
    """A titled block; parts: HTML."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain text; the first cell of a row is its name."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def image(data: bytes, kind: str, text: str) -> str:
    """A picture of a kind (png, jpeg) inside the page; text: for who cannot see it."""
    encoded = base64.b64encode(data).decode()
    return f'<img alt="{escape(text, quote=True)}" loading="lazy" src="data:image/{kind};base64,{encoded}">'


def figure(jpeg: bytes, caption: str, *, flagged: bool = False) -> str:
    """A captioned picture of a strip."""
    state = ' class="flagged"' if flagged else ""
    return f"<figure{state}>{image(jpeg, 'jpeg', caption)}<figcaption>{escape(caption)}</figcaption></figure>"


def strip(figures: Iterable[str]) -> str:
    """Pictures side by side."""
    return f'<div class="strip">{"".join(figures)}</div>'
