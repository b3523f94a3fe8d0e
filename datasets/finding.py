"""One finding of a split's audit, in a form that text, JSON and pictures are made from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was found. kind: `patient-in-two-parts`, `identical-files`, `near-duplicate`,
    `possible-near-duplicate` (no image was looked at), `label-shift`, `empty-part`.

    leak: True where a model could meet a held-out patient while it trains. what: one sentence. clips: ids; parts and
    patients: of those clips. frames: an example frame of each clip, where there is one. count: clips, files or frame
    pairs concerned. bits: hash distance of the example, of 64; detail: correlation of its fine detail, None where no
    image was looked at. mirrored: the example's second frame is its first, left to right.
    """

    kind: str
    leak: bool
    what: str
    parts: tuple[str, ...]
    patients: tuple[str, ...] = ()
    clips: tuple[str, ...] = ()
    frames: tuple[int, ...] = ()
    count: int = 0
    bits: int | None = None
    detail: float | None = None
    mirrored: bool = False
    cropped: str = ""
