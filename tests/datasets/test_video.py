"""Video: a frame's number is its rank in sequential decode, whatever the container claims and whatever is broken."""

import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.problems import Problems
from bleedkit.datasets.video import index_video, read_video, report_video

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "vl_surgpt" / "tissue" / "seq000"


def numbers(path, index, number_in):
    """(frame, the barcode seen in it) of every frame that decodes."""
    return [(n, number_in(rgb)) for n, rgb in read_video(path, index.frames("c"), range(index.n_frames))]


def told(index):
    problems = Problems()
    report_video(index, "v", problems)
    return [(str(p.severity), p.code, p.frame) for p in problems]


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.ts", "libx264"), ("a.avi", "mpeg4")]
)
def test_every_frame_comes_once_in_order(tmp_path, barcode_video, number_in, name, codec):
    path = barcode_video(tmp_path / name, codec=codec)
    index = index_video(path)
    assert (index.n_frames, str(index.size), index.steady, index.fault) == (40, "128x64", True, "")
    assert index.fps == pytest.approx(30)
    assert numbers(path, index, number_in) == [(n, n) for n in range(40)]
    assert told(index) == []
    np.testing.assert_allclose(index.timestamps_s, np.arange(40) / 30, atol=0.001)  # Matroska counts milliseconds


def test_only_wanted_frames_are_yielded_as_contiguous_rgb(tmp_path, barcode_video, number_in):
    path = barcode_video(tmp_path / "a.mp4")
    frames = index_video(path).frames("c")
    seen = list(read_video(path, frames, {3, 17, 38}))
    assert [(n, number_in(rgb)) for n, rgb in seen] == [(3, 3), (17, 17), (38, 38)]
    assert all(rgb.shape == (64, 128, 3) and rgb.dtype == np.uint8 and rgb.flags.c_contiguous for _, rgb in seen)
    assert list(read_video(path, frames, set())) == []


def test_colours_are_rgb_not_bgr(tmp_path):
    with av.open(str(tmp_path / "red.mkv"), "w") as out:
        stream = out.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "bgr0"
        red = np.zeros((16, 16, 3), np.uint8)
        red[..., 0] = 255
        out.mux(stream.encode(av.VideoFrame.from_ndarray(red, format="rgb24")))
        out.mux(stream.encode(None))
    path = tmp_path / "red.mkv"
    (_, rgb), *_ = read_video(path, index_video(path).frames("c"), {0})
    assert rgb[8, 8].tolist() == [255, 0, 0]


def test_a_varying_frame_rate_keeps_ranks_and_times(tmp_path, barcode_video, number_in):
    times = np.cumsum(np.random.default_rng(0).integers(10, 90, 40)).tolist()
    path = barcode_video(tmp_path / "v.mkv", times_ms=times)
    index = index_video(path)
    assert numbers(path, index, number_in) == [(n, n) for n in range(40)]
    np.testing.assert_allclose(index.timestamps_s, (np.array(times) - times[0]) / 1000)
    assert index.fps == pytest.approx(39 / ((times[-1] - times[0]) / 1000))
    assert told(index) == [("warning", "video-rate", None)]


def test_times_that_jump_back_are_told_and_ranks_hold(tmp_path, barcode_video, number_in):
    path = barcode_video(tmp_path / "a.avi", frames=60, g="250")  # AVI cannot say when a B-frame is shown
    index = index_video(path)
    assert (np.diff(index.timestamps_s) < 0).any()
    assert numbers(path, index, number_in) == [(n, n) for n in range(60)]
    assert told(index) == [("warning", "video-rate", None)]


def test_a_raw_stream_without_times_goes_by_rank_and_stated_rate(tmp_path, barcode_video, number_in):
    path = raw(barcode_video(tmp_path / "a.mp4"), tmp_path / "a.h264")
    index = index_video(path)
    assert numbers(path, index, number_in) == [(n, n) for n in range(40)]
    np.testing.assert_allclose(index.timestamps_s, np.arange(40) / index.fps)


def raw(source, path):
    """The bare H.264 stream of an MP4 file."""
    with av.open(str(source)) as read, path.open("wb") as out:
        bare = BitStreamFilterContext("h264_mp4toannexb", read.streams.video[0])
        for packet in read.demux(read.streams.video[0]):
            for part in bare.filter(packet if packet.size else None):
                out.write(bytes(part))
    return path


def test_a_stream_copied_trim_counts_what_is_shown(tmp_path, barcode_video, number_in):
    path = trim(barcode_video(tmp_path / "a.mp4"), tmp_path / "trim.mp4", first=10, hidden=5)
    index = index_video(path)
    shown = [number for _, number in numbers(path, index, number_in)]
    assert shown == opencv_numbers(path, number_in)
    assert shown == list(range(shown[0], 40))
    assert shown[0] > 10
    assert index.trimmed_frames > 0
    assert index.timestamps_s[0] == 0
    assert told(index) == [("warning", "video-count", None)]  # the container still says 30


def opencv_numbers(path, number_in):
    """What somebody else's sequential decode shows."""
    capture = cv2.VideoCapture(str(path))
    seen = []
    while (read := capture.read())[0]:
        seen.append(number_in(read[1]))
    return seen


def trim(source, path, first, hidden):
    """Stream-copy from packet `first` on, a key frame; an edit list hides `hidden` more (negative times)."""
    with av.open(str(source)) as read, av.open(str(path), "w") as out:
        stream = read.streams.video[0]
        copy = out.add_stream_from_template(stream)
        step = round(1 / 30 / stream.time_base)
        for packet in read.demux(stream):
            if packet.dts is not None and packet.pts >= first * step:
                packet.pts -= (first + hidden) * step
                packet.dts -= (first + hidden) * step
                packet.stream = copy
                out.mux(packet)
    return path


def test_a_container_that_lies_about_its_length_is_told_with_both_numbers(tmp_path, barcode_video, number_in):
    path = barcode_video(tmp_path / "a.avi", codec="mpeg4")
    data = bytearray(path.read_bytes())
    at = data.index(b"strh") + 8 + 32  # AVISTREAMHEADER.dwLength
    assert struct.unpack_from("<I", data, at) == (40,)
    struct.pack_into("<I", data, at, 55)
    path.write_bytes(data)
    index = index_video(path)
    problems = Problems()
    report_video(index, "a.avi", problems)
    assert [p.what for p in problems] == ["the container states 55 frames, 40 decode"]
    assert numbers(path, index, number_in) == [(n, n) for n in range(40)]


def test_a_truncated_mp4_keeps_what_decodes(tmp_path, barcode_video, number_in):
    path = barcode_video(tmp_path / "a.mp4", container={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    index = index_video(path)
    whole = int(index.decoded.sum())
    assert 15 < whole < 30
    assert numbers(path, index, number_in) == [(n, n) for n in range(whole)]
    assert told(index)[0] == ("error", "video-damaged", whole)


def test_a_truncated_mkv_is_told_by_its_stated_duration(tmp_path, barcode_video, number_in):
    path = barcode_video(tmp_path / "a.mkv")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    index = index_video(path)
    assert index.stated_frames == 40
    assert numbers(path, index, number_in) == [(n, n) for n in range(index.n_frames)]
    assert told(index) == [("warning", "video-count", None)]


def test_frames_after_broken_bytes_keep_their_number(tmp_path, barcode_video, number_in):
    path = barcode_video(tmp_path / "a.mp4")
    data = bytearray(path.read_bytes())
    middle = len(data) * 4 // 10
    data[middle : middle + 2000] = bytes(2000)
    path.write_bytes(data)
    index = index_video(path)
    assert index.n_frames == 40
    assert not index.decoded.all()
    lost = np.flatnonzero(~index.decoded)
    next_key = (int(lost[-1]) // 10 + 1) * 10
    after = [(n, seen) for n, seen in numbers(path, index, number_in) if n >= next_key]
    assert after == [(n, n) for n in range(next_key, 40)]
    assert told(index)[0] == ("error", "video-damaged", int(lost[0]))


def test_missing_time_in_a_steady_video_is_told(tmp_path, barcode_video):
    times = [round(n * 100 / 3) + (300 if n >= 20 else 0) for n in range(40)]
    index = index_video(barcode_video(tmp_path / "gap.mkv", times_ms=times))
    assert index.gaps == ((20, 9),)  # 300 ms at 30 fps
    assert ("warning", "video-gap", 20) in told(index)


def test_a_video_that_changed_since_it_was_indexed_is_refused(tmp_path, barcode_video):
    frames = index_video(barcode_video(tmp_path / "a.mkv")).frames("c")
    other = barcode_video(tmp_path / "b.mkv", times_ms=[n * 50 for n in range(40)])
    with pytest.raises(BleedkitError, match=r"b\.mkv frame 1: decodes \+0\.017 s from where it was indexed"):
        list(read_video(other, frames, range(40)))
    shorter = barcode_video(tmp_path / "c.mkv", frames=30)
    with pytest.raises(BleedkitError, match=r"c\.mkv frame 30: the video ends before it"):
        list(read_video(shorter, frames, range(40)))


def test_a_file_that_is_no_video_is_one_clear_error(tmp_path):
    for name, data in {"junk.mp4": b"x" * 5000, "empty.mp4": b"", "text.mkv": b"hello"}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BleedkitError, match=f"{name}: cannot be read as video"):
            index_video(tmp_path / name)
    with pytest.raises(BleedkitError, match="No such file"):
        index_video(tmp_path / "none.mp4")
    with av.open(str(tmp_path / "sound.mkv"), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        out.mux(stream.encode(sound))
    with pytest.raises(BleedkitError, match="holds no video stream"):
        index_video(tmp_path / "sound.mkv")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1), length=st.integers(1, 400), seed=st.integers(0, 9))
def test_any_damage_gives_an_index_or_one_error(tmp_path_factory, barcode_video, where, length, seed):
    folder = tmp_path_factory.getbasetemp() / "damage"
    good = folder / "good.mp4"
    if not good.exists():
        barcode_video(good, frames=12)
    data = bytearray(good.read_bytes())
    at = int(where * (len(data) - 1))
    data[at : at + length] = np.random.default_rng(seed).bytes(len(data[at : at + length]))
    bad = folder / "bad.mp4"
    bad.write_bytes(data)
    try:
        index = index_video(bad)
        seen = [n for n, _ in read_video(bad, index.frames("c"), range(index.n_frames))]
        assert seen == np.flatnonzero(index.decoded).tolist()
    except BleedkitError:
        pass


@pytest.mark.skipif(not REAL.is_dir(), reason="the real VL-SurgPT sample is not here")
def test_the_real_clip_is_indexed_as_stated():
    (path,) = REAL.glob("*.mp4")
    index = index_video(path)
    assert (index.n_frames, index.fps, str(index.size)) == (176, 30, "1280x760")
    assert told(index) == []
