"""XML out of other people's hands, read bit by bit: no document type, so no entities, and no depth without end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from ..errors import BleedkitError

_CHUNK: Final = 1 << 16
_DEPTH: Final = 32
_TEXT: Final = 1 << 24


@dataclass(frozen=True)
class Start:
    """An element begins. path: tags from the root down to it."""

    path: tuple[str, ...]
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class End:
    """An element ends. text: what stood in it outside its children."""

    path: tuple[str, ...]
    text: str


def read_xml(path: Path) -> Iterator[Start | End]:
    """Elements of an XML file in order.

    Raises BleedkitError where it is not XML, declares a document type (the door to entity bombs and other people's
    files), or is nested deeper than any label file.
    """
    reader = _Reader(path)
    try:
        with path.open("rb") as stream:
            while data := stream.read(_CHUNK):
                yield from reader.feed(data)
            yield from reader.feed(b"", last=True)
    except OSError as error:
        raise BleedkitError(f"{path}: cannot be read ({error.strerror})", "check the file's permissions") from error


def attribute(value: object) -> str:
    """A value as a quoted XML attribute. Raises BleedkitError like `text`."""
    return quoteattr(_checked(value))


def text(value: object) -> str:
    """A value as XML text. Raises BleedkitError for control characters, which XML cannot hold."""
    return escape(_checked(value), {"\r": "&#13;"})


def _checked(value: object) -> str:
    told = str(value)
    bad = (sign for sign in told if (sign < " " and sign not in "\t\n\r") or "\ud800" <= sign <= "\udfff")
    if next(bad, None) is not None or "\ufffe" in told or "\uffff" in told:
        raise BleedkitError(f"{told!r} holds a character that XML cannot", "rename it in the cohort")
    return told


class _Reader:
    """Gathers what the parser calls back with. Text longer than any attribute of ours is refused."""

    def __init__(self, path: Path) -> None:
        self._file = path
        self._path: list[str] = []
        self._texts: list[list[str]] = []
        self._found: list[Start | End] = []
        self._length = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def feed(self, data: bytes, *, last: bool = False) -> list[Start | End]:
        """What these bytes complete."""
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            raise BleedkitError(f"{self._file}: is not XML ({error})", "export it again") from error
        found, self._found = self._found, []
        return found

    def _doctype(self, *_: object) -> None:
        what = f"{self._file}: declares a document type, which label files do not and entity bombs do"
        raise BleedkitError(what, "export it again from the annotation tool")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._path.append(tag)
        if len(self._path) > _DEPTH:
            raise BleedkitError(f"{self._file}: is nested too deeply", "export it again")
        self._texts.append([])
        self._length = 0
        self._found.append(Start(tuple(self._path), attributes))

    def _end(self, _: str) -> None:
        self._found.append(End(tuple(self._path), "".join(self._texts.pop())))
        self._path.pop()

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._length > _TEXT:
            raise BleedkitError(f"{self._file}: holds a text that is too long", "export it again")
        self._texts[-1].append(text)
