"""What a builder is: a source dataset's facts and one function that reads its folder into typed clips."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .problems import Problems
from .schema import Clip, Frame, OnsetLabel, PointLabel


@dataclass(frozen=True, eq=False)
class SourceMask:
    """A region read from a source: mask (H, W) bool of the frame's size; `target` as in MaskLabel."""

    frame: int
    mask: np.ndarray
    target: str = "region"
    annotator: str = ""


@dataclass(frozen=True, eq=False)
class SourceClip:
    """One clip as a builder hands it over. masks: read one at a time, when the build asks, never all at once."""

    clip: Clip
    frames: Sequence[Frame]
    points: Sequence[PointLabel] = ()
    masks: Callable[[], Iterator[SourceMask]] = lambda: iter(())
    onsets: Sequence[OnsetLabel] = ()


@dataclass(frozen=True)
class ReadOptions:
    """What the user may say about a source. patients: file or clip name to patient id, from `--patients map.csv`.

    mapping: the declared mapping file of a source whose layout is not fixed, parsed from JSON or TOML.
    """

    patients: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, Any] = field(default_factory=dict)


Reader = Callable[[Path, ReadOptions, Problems], Iterator[SourceClip]]


@dataclass(frozen=True)
class DatasetSpec:
    """A source dataset. expected: the papers' own counts by name (`clips`, `patients`, `frames`, ...).

    contradictions: where its papers or tables disagree with themselves, told as warnings on every build.
    official_split_leaks: True where patients sit on both sides, None where that is not known. takes_mapping: whether
    its layout is the user's to declare (`ReadOptions.mapping`).
    """

    name: str
    title: str
    version: str
    read: Reader
    citation: str
    licence: str
    url: str
    layout: str
    expected: Mapping[str, int] = field(default_factory=dict)
    contradictions: Sequence[str] = ()
    official_split_leaks: bool | None = None
    takes_mapping: bool = False
    changes: Mapping[str, str] = field(default_factory=dict)
