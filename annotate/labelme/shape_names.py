"""What a target is called in labelme: the label and group of its shapes, and the tick boxes of a frame.

labelme has shapes for what is there and nothing for what was looked for and is not. Its tick boxes of a whole image
(the dock "Flags") say that.
"""

from typing import Final

ACCEPTED: Final = "everything else accepted"
REVIEW: Final = "to review: "
"""Beginning of a tick box that only says why somebody should look at the frame."""
_HIDDEN: Final = ": not visible"
_EMPTY: Final = ": none"


def point_name(target: str) -> tuple[str, int | None]:
    """Label and group of a point, as the LabelMe reader makes a target of them: `source:2` is group 2 of `source`."""
    label, _, group = target.rpartition(":")
    if label and group.isascii() and group.isdigit() and str(int(group)) == group:
        return label, int(group)
    return target, None


def point_target(label: str, group: int | None) -> str:
    """The other way."""
    return label if group is None else f"{label}:{group}"


def hidden_flag(target: str) -> str:
    """The tick box: this point was looked for and is not to be seen."""
    return f"{target}{_HIDDEN}"


def empty_flag(target: str) -> str:
    """The tick box: this region was looked for and is not there."""
    return f"{target}{_EMPTY}"


def is_ours(flag: str) -> bool:
    """Whether an export put the tick box there."""
    return flag == ACCEPTED or flag.startswith(REVIEW) or absent_of(flag) is not None


def absent_of(flag: str) -> tuple[str, str] | None:
    """`point` or `region`, and the target that a tick box is about; None for a tick box that is not ours."""
    for kind, ending in (("point", _HIDDEN), ("region", _EMPTY)):
        if flag.endswith(ending) and flag != ending:
            return kind, flag.removesuffix(ending)
    return None
