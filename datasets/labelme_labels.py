"""The shapes of a clip's LabelMe files, checked against its images."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from .errors import BleedkitError
from .images import image_orientation, image_size
from .labelme_clips import LabelledFrame
from .labelme_file import LabelMeFile, LabelMeShape, read_labelme
from .schema import ImageSize
from .source_folder import SourceFolder, composed, plain_name

_STORED_AS_IT_IS: Final = 1


@dataclass(frozen=True)
class FrameShapes:
    """The shapes of one frame, and the file they are from."""

    frame: int
    file: Path
    shapes: tuple[LabelMeShape, ...]


def read_shapes(source: SourceFolder, frames: Mapping[int, LabelledFrame], size: ImageSize) -> list[FrameShapes]:
    """Shapes of the frames that have a label file, in frame order; size: of the clip.

    A label file that is broken, or made for an image of another size or orientation, is an error and left out.
    """
    shapes = []
    for index, frame in frames.items():
        if frame.label is None:
            continue
        file = read_labelme(frame.label, source.problems, source.name(frame.label), index)
        if file is not None and _fits(source, index, frame, file, size):
            shapes.append(FrameShapes(index, frame.label, file.shapes))
    return shapes


def tell_ignored(source: SourceFolder, found: FrameShapes, ignored: Iterable[LabelMeShape]) -> None:
    """Warn, once a file, of shapes that the source's form has no place for."""
    count = Counter(f"{shape.shape_type} {shape.label!r}" for shape in ignored)
    if count:
        what = f"not read: {', '.join(f'{n} {name}' for name, n in sorted(count.items()))}"
        source.warning("shape-ignored", found.file, what, "nothing to do if they are no labels", frame=found.frame)


def _fits(source: SourceFolder, index: int, frame: LabelledFrame, file: LabelMeFile, size: ImageSize) -> bool:
    assert frame.label is not None
    named = PurePosixPath(composed(file.image_path)).name
    if named != plain_name(frame.image):
        what = f"names {named} as its image; taken for {frame.image.name}, which has its name"
        source.warning("image-path", frame.label, what, "correct imagePath", frame=index)
    try:
        found, orientation = image_size(frame.image), image_orientation(frame.image)
    except BleedkitError:
        return True  # the build tells that the image is broken, and drops both
    if orientation != _STORED_AS_IT_IS:
        what = "left out: LabelMe turned this image by its EXIF orientation, so the label is of the turned one"
        source.error("image-orientation", frame.label, what, "store the image upright and label it again", frame=index)
        return False
    if file.size not in (None, found):
        what = f"left out: it was made for {file.size} pixels, its image has {found}"
        source.error("label-size", frame.label, what, "label the image of that size", frame=index)
        return False
    return found == size  # the build tells of a frame of another size than its clip
