"""The pieces of a page: text is escaped where it enters, so that nothing a run says of itself becomes markup."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from .script import SCRIPT
from .style import STYLE


def document(title: str, body: Iterable[str], links: Mapping[str, str] | None = None) -> bytes:
    """A whole page. body: sections that are HTML already; links: address by its text, for the way back."""
    nav = "".join(f'<a href="{escape(to, quote=True)}">{escape(text)}</a>' for text, to in (links or {}).items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bleedkit: {escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Even markup that slipped through could neither run another script nor send anything anywhere.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self' file: data:; "
        "style-src 'unsafe-inline'; script-src 'sha256-" + _digest(SCRIPT) + "'\">"
        f"<style>{STYLE}</style></head><body><main>{f'<nav>{nav}</nav>' if nav else ''}{''.join(body)}</main>"
        f"<script>{SCRIPT}</script></body></html>\n"
    ).encode("utf-8", "replace")


def _digest(script: str) -> str:
    import base64
    import hashlib

    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def header(title: str, *facts: str) -> str:
    """The page's head; facts: text."""
    return f"<header><h1>{escape(title)}</h1><p>{' · '.join(escape(fact) for fact in facts if fact)}</p></header>"


def section(title: str, *parts: str, anchor: str = "") -> str:
    """A titled block; parts: HTML. Empty where all parts are."""
    if not any(parts):
        return ""
    place = f' id="{escape(anchor, quote=True)}"' if anchor else ""
    return f"<section{place}><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def paragraph(text: str, kind: str = "") -> str:
    """Plain text."""
    return f"<p{_class(kind)}>{escape(text)}</p>"


def link(text: str, to: str) -> str:
    """A link to another page of the site; to: relative, made by `slug`. Long names break behind an underscore."""
    return f'<a href="{escape(to, quote=True)}">{escape(text).replace("_", "_<wbr>")}</a>'


def facts(pairs: Mapping[str, str]) -> str:
    """Names and what they are, both text; empty ones are left out."""
    rows = (f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs.items() if value)
    return f"<dl>{''.join(rows)}</dl>"


def plot(address: str, alt: str, caption: str = "") -> str:
    """A drawn picture in a file of the site."""
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    image = f'<img class="plot" alt="{escape(alt, quote=True)}" src="{escape(address, quote=True)}">'
    return f"<figure>{image}{said}</figure>"


def table(head: Sequence[str], rows: Iterable[str], label: str, *, kind: str = "sortable") -> str:
    """A table in a box of its own that scrolls; head and rows: HTML; label: what it is, for who cannot see it.

    rows: `<tr>`s, or `<tbody>`s of them.
    """
    body = "".join(rows)
    body = body if body.startswith("<tbody") else f"<tbody>{body}</tbody>"
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(label, quote=True)}">'
        f"<table{_class(kind)}><thead><tr>{''.join(head)}</tr></thead>{body}</table></div>"
    )


def column(text: str, *, first: str = "ascending", hint: str = "", note: str = "", kind: str = "") -> str:
    """A head that sorts; first: the order of the first click; kind: as of the cells below."""
    title = f' title="{escape(hint, quote=True)}"' if hint else ""
    small = f"<small>{escape(note)}</small>" if note else ""
    return f'<th scope="col"{_class(kind)} data-sort="{first}"{title}>{escape(text)}{small}</th>'


def name_cell(html: str, value: str) -> str:
    """A row's first cell; html: what it shows; value: what it sorts by."""
    return f'<th scope="row" data-value="{escape(value, quote=True)}">{html}</th>'


def cell(text: str, value: object = None, *, small: str = "", kind: str = "", hint: str = "") -> str:
    """A cell of text; value: what it sorts by, the text itself where not given."""
    title = f' title="{escape(hint, quote=True)}"' if hint else ""
    sort = escape(text if value is None else str(value), quote=True)
    said = f"<small>{escape(small)}</small>" if small else ""
    return f'<td{_class(kind)} data-value="{sort}"{title}>{escape(text)}{said}</td>'


def row(cells: Iterable[str], kind: str = "") -> str:
    """A table's row; cells: HTML."""
    return f"<tr{_class(kind)}>{''.join(cells)}</tr>"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
