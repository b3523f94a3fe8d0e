"""Image files: size from the header, whole pixels in RGB or an error; masks there and back."""

import io
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from bleedkit.datasets import images
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.images import (
    check_whole,
    decode_image,
    image_format,
    image_orientation,
    image_size,
    read_gray,
    read_image,
)
from bleedkit.datasets.mask_file import mask_png, read_mask_png
from bleedkit.datasets.schema import ImageSize

# Two rows: red green blue / black white gray.
TINY = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [255, 255, 255], [128, 128, 128]]], np.uint8)


def noise(height: int = 48, width: int = 64) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_colours_come_in_rgb_order_and_contiguous(tmp_path):
    Image.fromarray(TINY).save(tmp_path / "a.png")
    pixels = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(pixels, TINY)
    assert pixels.flags["C_CONTIGUOUS"]
    assert image_size(tmp_path / "a.png") == ImageSize(3, 2)


@pytest.mark.parametrize("ending", [".jpg", ".JPG", ".jpeg", ".png", ".bmp", ".tif", ".webp"])
def test_every_format_we_name_is_read_under_a_unicode_name(tmp_path, ending):
    path = tmp_path / f"Blutung é 出血{ending}"
    Image.fromarray(noise()).save(path)
    assert read_image(path).shape == (48, 64, 3)
    assert image_size(path) == ImageSize(64, 48)
    assert image_format(path) == images.IMAGE_SUFFIXES[ending.lower()]


def test_gray_16_bit_alpha_palette_and_cmyk_end_in_rgb(tmp_path):
    cv2.imwrite(str(tmp_path / "gray16.png"), np.full((2, 2), 0x8040, np.uint16))
    Image.new("RGBA", (2, 2), (10, 20, 30, 0)).save(tmp_path / "alpha.png")
    Image.new("L", (2, 2), 77).save(tmp_path / "gray.png")
    Image.new("RGB", (2, 2), (128, 0, 0)).quantize(2).save(tmp_path / "palette.png")
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "cmyk.jpg")
    assert read_image(tmp_path / "gray16.png")[0, 0].tolist() == [0x80] * 3
    assert read_image(tmp_path / "alpha.png")[0, 0].tolist() == [10, 20, 30]
    assert read_image(tmp_path / "gray.png")[0, 0].tolist() == [77] * 3
    assert read_image(tmp_path / "palette.png")[0, 0].tolist() == [128, 0, 0]
    np.testing.assert_allclose(read_image(tmp_path / "cmyk.jpg")[0, 0], [255, 0, 0], atol=3)


def test_exif_orientation_turns_nothing(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # turn by 90 degrees to show
    Image.fromarray(noise()).save(tmp_path / "a.jpg", exif=exif)
    assert read_image(tmp_path / "a.jpg").shape == (48, 64, 3)
    assert read_gray(tmp_path / "a.jpg").shape == (48, 64)
    assert image_size(tmp_path / "a.jpg") == ImageSize(64, 48)
    assert image_orientation(tmp_path / "a.jpg") == 6


def encoded(ending: str, **more) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(noise()).save(stream, ending, **more)
    return stream.getvalue()


@pytest.mark.parametrize("ending", ["JPEG", "PNG"])
@given(share=st.floats(0, 0.999))
def test_a_file_cut_anywhere_is_an_error(ending, share):
    data = encoded(ending)
    with pytest.raises(BleedkitError, match="picture"):
        decode_image(data[: int(len(data) * share)], "picture")


def test_an_end_marker_in_a_thumbnail_does_not_make_a_jpeg_whole():
    thumbnail = encoded("JPEG")
    exif = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 8) + b"Exif\0\0" + thumbnail
    data = encoded("JPEG")
    with_thumbnail = data[:2] + exif + data[2:]
    check_whole(with_thumbnail, "a.jpg")
    with pytest.raises(BleedkitError, match="end marker"):
        check_whole(with_thumbnail[:-100], "a.jpg")


def test_bytes_after_the_end_are_no_fault():
    for ending in ("JPEG", "PNG"):
        assert decode_image(encoded(ending) + b"\0" * 100, "a").shape == (48, 64, 3)


def test_a_flipped_byte_in_a_png_is_told():
    data = bytearray(encoded("PNG"))
    data[len(data) // 2] ^= 1
    with pytest.raises(BleedkitError, match="wrong checksum"):
        decode_image(bytes(data), "a.png")


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"RIFF"]))
def test_arbitrary_bytes_are_an_error_and_nothing_else(data, head):
    with pytest.raises(BleedkitError):
        decode_image(head + data, "a.jpg")


def test_a_bomb_is_refused_by_its_header(tmp_path):
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    import zlib

    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "bomb.png").write_bytes(data + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))
    with pytest.raises(BleedkitError):
        image_size(tmp_path / "bomb.png")


def test_missing_file_and_folder_are_one_clear_line(tmp_path):
    for path in (tmp_path / "none.jpg", tmp_path):
        for function in (read_image, image_size, image_format, read_mask_png):
            with pytest.raises(BleedkitError, match=str(path)):
                function(path)


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_a_mask_comes_back_and_has_one_form(tmp_path_factory, mask):
    data = mask_png(mask)
    assert data == mask_png(mask.copy())
    path = tmp_path_factory.mktemp("mask") / "m.png"
    path.write_bytes(data)
    np.testing.assert_array_equal(read_mask_png(path), mask)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), np.where(mask, 255, 0))


@pytest.mark.parametrize("mask", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 1), bool), [[True]]])
def test_only_a_bool_plane_is_a_mask(mask):
    with pytest.raises(ValueError, match="mask must"):
        mask_png(mask)


def test_a_picture_that_is_no_mask_is_refused(tmp_path):
    Image.new("L", (4, 4), 7).save(tmp_path / "gray.png")
    Image.fromarray(TINY).save(tmp_path / "colour.png")
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(BleedkitError, match="0 and 255 only"):
        read_mask_png(tmp_path / "gray.png")
    for name in ("colour.png", "empty.png"):
        with pytest.raises(BleedkitError, match="8-bit gray PNG"):
            read_mask_png(tmp_path / name)
