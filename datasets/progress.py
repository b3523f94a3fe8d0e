"""Progress bars for anything over a second: on stderr, so that `--json` on stdout stays clean."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def track(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items under a bar that names `what` and shows the time left; silent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import track as rich_track

    console = Console(stderr=True)
    yield from rich_track(items, what, total=total, console=console, transient=True, disable=not console.is_terminal)
