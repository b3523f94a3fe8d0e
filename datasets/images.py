"""Image files: their size from the header alone, and whole RGB pixels or an error.

OpenCV decodes a truncated or corrupt file without a word, so wholeness is checked on the bytes first: a JPEG must reach
its end marker, a PNG must hold every chunk with the right checksum. Wrong bytes inside a JPEG's scan go unnoticed by
any decoder; only the digest tells. EXIF orientation is not applied, as labels are in stored pixels.
"""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from .errors import BleedkitError
from .schema import ImageSize

IMAGE_SUFFIXES: Final = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
"""Format by file name ending, lower case; other files are not images to us."""

MAX_PIXELS: Final = 80_000_000  # below Pillow's own warning; an 8K frame has 33 million
_MAGIC: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"RIFF", "WEBP"),
)
_ORIENTATION_TAG: Final = 274
_AGAIN: Final = "copy or download the file again"


def image_size(path: Path) -> ImageSize:
    """Width and height as stored, from the header; no pixel is decoded.

    Raises BleedkitError where the file cannot be read, is no image, or has more than MAX_PIXELS.
    """
    try:
        with path.open("rb") as stream:
            return _header_size(stream, str(path))
    except OSError as error:
        raise _unreadable(path, error) from error


def image_size_of(data: bytes, name: str) -> ImageSize:
    """`image_size` for the bytes of a file; `name` goes into the error."""
    return _header_size(io.BytesIO(data), name)


def image_orientation(path: Path) -> int:
    """EXIF orientation, 1 (as stored) where there is none. Raises BleedkitError like `image_size`."""
    try:
        with path.open("rb") as stream, _opened(stream, str(path)) as image:
            # Pillow's getexif() decodes a whole PNG, in search of a chunk at its end.
            return int(image.getexif().get(_ORIENTATION_TAG, 1)) if image.format != "PNG" else 1
    except OSError as error:
        raise _unreadable(path, error) from error


def image_format(path: Path) -> str:
    """Format by the file's first bytes, one of IMAGE_SUFFIXES' values, "" for anything else. Raises BleedkitError."""
    try:
        with path.open("rb") as stream:
            return _format_of(stream.read(8))
    except OSError as error:
        raise _unreadable(path, error) from error


def read_image(path: Path) -> np.ndarray:
    """RGB pixels as stored: (H, W, 3) uint8, C-contiguous. 16 bits are cut to 8, gray is repeated, alpha is dropped.

    Raises BleedkitError where the file cannot be read or decoded whole.
    """
    return decode_image(_bytes_of(path), str(path))


def decode_image(data: bytes, name: str) -> np.ndarray:
    """`read_image` for the bytes of a file; `name` goes into the error."""
    return _decode(data, name, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)


def read_gray(path: Path) -> np.ndarray:
    """Luma (H, W) uint8; otherwise like `read_image`."""
    return decode_gray(_bytes_of(path), str(path))


def decode_gray(data: bytes, name: str) -> np.ndarray:
    """`read_gray` for the bytes of a file; `name` goes into the error."""
    return _decode(data, name, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)


def check_whole(data: bytes, name: str) -> None:
    """Raise BleedkitError where a JPEG or PNG stops short, or a PNG chunk's checksum is wrong."""
    kind = _format_of(data[:8])
    if kind == "JPEG" and not _jpeg_ends(data):
        raise BleedkitError(f"{name}: JPEG stops after {len(data)} bytes without its end marker", _AGAIN)
    if kind == "PNG":
        fault = _png_fault(data)
        if fault:
            raise BleedkitError(f"{name}: {fault}", _AGAIN)


def _decode(data: bytes, name: str, flags: int) -> np.ndarray:
    _header_size(io.BytesIO(data), name)
    check_whole(data, name)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise BleedkitError(f"{name}: cannot be decoded ({error})", _AGAIN) from error
    if pixels is None:
        raise BleedkitError(f"{name}: cannot be decoded", _AGAIN)
    return np.ascontiguousarray(pixels)


def _header_size(stream: IO[bytes], name: str) -> ImageSize:
    with _opened(stream, name) as image:
        size = ImageSize(*image.size)
    if size.width * size.height > MAX_PIXELS:
        raise BleedkitError(f"{name}: {size} pixels are more than we decode ({MAX_PIXELS})", "make it smaller")
    return size


@contextmanager
def _opened(stream: IO[bytes], name: str) -> Iterator[Image.Image]:
    """Pillow's image of which only the header was read."""
    try:
        with Image.open(stream, formats=sorted(set(IMAGE_SUFFIXES.values()))) as image:
            yield image
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise BleedkitError(f"{name}: is not an image we read, or its header is broken", _AGAIN) from error


def _format_of(head: bytes) -> str:
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> BleedkitError:
    return BleedkitError(f"{path}: cannot be read ({error.strerror})", "check that it exists and its permissions")


def _jpeg_ends(data: bytes) -> bool:
    """Whether an end marker follows the start of the scan; one inside an embedded thumbnail does not count."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0xDA:
            return data.find(b"\xff\xd9", at) >= 0
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return False


def _png_fault(data: bytes) -> str:
    """Name what is wrong with the chunks of a PNG; "" where nothing is."""
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data):
            break
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return f"PNG chunk at byte {at} has a wrong checksum"
        if data[at + 4 : at + 8] == b"IEND":
            return ""
        at = end
    return f"PNG stops after {len(data)} bytes without its end chunk"
