"""Build: every problem at once, the good part kept, all written or nothing, nothing outside root and out."""

import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from bleedkit.datasets.build import PROBLEMS, build_cohort
from bleedkit.datasets.cohort import Cohort, holds_cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.media import iter_images
from bleedkit.datasets.schema import Clip, Frame, ImageSize, OnsetLabel, PointLabel
from bleedkit.datasets.source import DatasetSpec, ReadOptions, SourceClip, SourceMask
from bleedkit.datasets.split import load_split
from bleedkit.datasets.validate import validate_cohort
from bleedkit.datasets.video import index_video
from bleedkit.datasets.vl_surgpt import SPEC as VL_SURGPT

SIZE = ImageSize(128, 64)


def spec_of(*clips, **facts):
    """A source that reads just these clips; an exception among them is raised."""

    def read(root, options, problems):
        for clip in clips:
            if isinstance(clip, BaseException):
                raise clip
            yield clip

    return DatasetSpec("toy", "Toy", "1.0.0", read, "Doe 2024", "CC0", "", "<clip>/<n>.png", **facts)


@pytest.fixture
def stills(tmp_path, barcode):
    """Make a clip of `n` image files below root/<name>, with the labels given."""

    def make(name="clip0", patient="p0", n=6, **labels):
        folder = tmp_path / "root" / name
        folder.mkdir(parents=True, exist_ok=True)
        for k in range(n):
            cv2.imwrite(str(folder / f"{k}.png"), cv2.cvtColor(barcode(k), cv2.COLOR_RGB2BGR))
        frames = [Frame(name, k, f"{name}/{k}.png", k / 2, "") for k in range(n)]
        return SourceClip(Clip(name, patient, patient, 2.0, SIZE, n), frames, **labels)

    return make


def point(frame, clip="clip0", **values):
    return PointLabel(clip_id=clip, frame=frame, **{"x": 5, "y": 6, **values})


def build(tmp_path, *clips, **options):
    facts = {name: options.pop(name) for name in ("expected", "contradictions") if name in options}
    (tmp_path / "root").mkdir(exist_ok=True)
    return build_cohort(spec_of(*clips, **facts), tmp_path / "root", tmp_path / "out", **options)


def told(result):
    return [(str(p.severity), p.code, p.file, p.frame) for p in result.problems]


def test_a_clean_source_becomes_a_sound_cohort(tmp_path, stills, barcode):
    mask = np.zeros((64, 128), bool)
    mask[3:9, 20:31] = True
    masks = [SourceMask(0, mask), SourceMask(2, np.zeros_like(mask)), SourceMask(3, mask, annotator="kim")]
    clip = stills(
        points=[point(1), point(0, visible=False)],
        masks=lambda: iter(masks),
        onsets=[OnsetLabel(clip_id="clip0", frame=2)],
    )
    result = build(tmp_path, clip, name="mine")
    cohort = result.cohort
    assert told(result) == []
    assert list(validate_cohort(cohort)) == []
    assert cohort.meta.name == "mine"
    assert (cohort.meta.source, cohort.meta.licence, cohort.meta.citation) == ("toy", "CC0", "Doe 2024")
    assert [p.frame for p in cohort.points()] == [0, 1]
    assert [m.frame for m in cohort.masks()] == [0, 2, 3]
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(cohort.masks()[0])), mask)
    assert cohort.masks()[0].path == cohort.masks()[2].path  # stored once by content
    run = next(iter(cohort.provenance().values()))
    assert run.kind == "build"
    assert json.loads(run.config_json)["source"] == "toy"
    assert {label.provenance for label in [*cohort.points(), *cohort.masks(), *cohort.onsets()]} == {run.id}
    assert [f.digest for f in cohort.frames("clip0")] == [
        hashlib.sha256((tmp_path / f"root/clip0/{k}.png").read_bytes()).hexdigest() for k in range(6)
    ]
    assert all(np.array_equal(rgb, barcode(k)) for k, rgb in iter_images(cohort, "clip0"))
    hashed = cohort.table("hashes").select(["clip_id", "frame"]).to_pylist()
    assert {row["frame"] for row in hashed} == set(range(6))
    assert json.loads((tmp_path / "out" / PROBLEMS).read_text()) == []


def test_two_builds_write_the_same_bytes(tmp_path, stills, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    clips = [stills(f"clip{k}", f"p{k}", points=[point(k, f"clip{k}")]) for k in range(3)]
    written = []
    for name in ("a", "b"):
        build_cohort(spec_of(*clips), tmp_path / "root", tmp_path / "x" / name / "out")
        folder = tmp_path / "x" / name / "out"
        written.append({p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()})
    assert written[0] == written[1]
    assert len(written[0]) > 8


def test_every_bad_image_is_told_and_the_rest_stays(tmp_path, stills):
    clip = stills(
        n=8,
        points=[point(k) for k in range(8)],
        masks=lambda: (SourceMask(k, np.ones((64, 128), bool)) for k in range(8)),
    )
    folder = tmp_path / "root" / "clip0"
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:-30])
    (folder / "2.png").write_bytes(b"")
    cv2.imwrite(str(folder / "3.png"), np.zeros((32, 64, 3), np.uint8))
    (folder / "4.png").unlink()
    (folder / "5.png").unlink()
    (folder / "5.png").symlink_to(folder / "5.png")
    (tmp_path / "secret.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "6.png").unlink()
    (folder / "6.png").symlink_to(tmp_path / "secret.png")
    result = build(tmp_path, clip)
    others = ("mask-without-image", "label-without-frame")
    assert [(p.code, p.frame) for p in result.problems.errors if p.code not in others] == [
        ("corrupt-image", 1), ("corrupt-image", 2), ("frame-size", 3), ("unreadable", 4),
        ("unsafe-path", 5), ("unsafe-path", 6),
    ]  # fmt: skip
    frames = {f.frame: f.has_image for f in result.cohort.frames("clip0")}
    assert frames == {0: True, 1: False, 2: False, 4: False, 5: False, 6: False, 7: True}
    assert [m.frame for m in result.cohort.masks()] == [0, 7]
    assert [p.frame for p in result.cohort.points()] == [0, 1, 2, 4, 5, 6, 7]  # only 3 was in other pixels
    assert sorted({c for _, c, _, f in told(result) if f == 3}) == [
        "frame-size",
        "label-without-frame",
        "mask-without-image",
    ]
    assert list(validate_cohort(result.cohort)) == []


def test_a_folder_in_a_files_place_is_told(tmp_path, stills):
    clip = stills()
    (tmp_path / "root/clip0/2.png").unlink()
    (tmp_path / "root/clip0/2.png").mkdir()
    assert told(build(tmp_path, clip)) == [("error", "unreadable", "clip0/2.png", 2)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_told(tmp_path, stills):
    clip = stills()
    (tmp_path / "root/clip0/2.png").chmod(0)
    assert told(build(tmp_path, clip)) == [("error", "unreadable", "clip0/2.png", 2)]


def test_frame_numbers_twice_outside_or_missing_are_told(tmp_path, stills):
    clip = stills(n=9)
    frames = [*clip.frames[:3], *clip.frames[5:], clip.frames[1], dataclasses.replace(clip.frames[2], frame=9)]
    result = build(tmp_path, dataclasses.replace(clip, frames=frames))
    assert told(result) == [
        ("error", "duplicate-frame", "clip0/1.png", 1),
        ("error", "frame-range", "clip0/2.png", 9),
        ("warning", "frame-gap", "clip0", 3),
    ]
    assert "frames 3 to 4 are missing" in result.problems.warnings[0].what


def test_a_source_that_keeps_every_third_frame_has_no_gaps(tmp_path, stills):
    clip = stills(n=16)
    frames = [clip.frames[k] for k in (0, 3, 6, 12, 15)]
    assert told(build(tmp_path, dataclasses.replace(clip, frames=frames))) == []


def test_an_image_that_repeats_the_one_before_is_a_warning(tmp_path, stills):
    clip = stills()
    folder = tmp_path / "root" / "clip0"
    (folder / "3.png").write_bytes((folder / "2.png").read_bytes())
    assert told(build(tmp_path, clip)) == [("warning", "repeated-image", "clip0/3.png", 3)]


def test_points_outside_the_image_are_left_out_and_its_very_edge_is_inside(tmp_path, stills):
    points = [
        point(0, x=127.999, y=63.999), point(1, x=128, y=0), point(2, x=0, y=64), point(3, x=-0.001, y=0),
        point(4, x=0, y=0), point(5, x=np.inf, y=0, visible=False), point(4, x=1, y=1), point(9),
    ]  # fmt: skip
    result = build(tmp_path, stills(points=points))
    assert [(p.frame, p.x) for p in result.cohort.points()] == [(0, 127.999), (4, 0)]
    assert [(p.code, p.frame) for p in result.problems.errors] == [
        ("point-outside", 1), ("point-outside", 2), ("point-outside", 3), ("point-not-finite", 5),
        ("label-without-frame", 9), ("duplicate-label", 4),
    ]  # fmt: skip


def test_problems_name_the_sources_files_whatever_is_copied(tmp_path, stills):
    clip = stills(points=[point(2, x=999)], masks=lambda: iter([SourceMask(3, np.ones((64, 128), bool))]))
    (tmp_path / "root/clip0/3.png").write_bytes(b"")
    result = build(tmp_path, clip, copy="media")
    assert told(result) == [
        ("error", "corrupt-image", "clip0/3.png", 3),
        ("error", "point-outside", "clip0/2.png", 2),
        ("error", "mask-without-image", "clip0/3.png", 3),
    ]


def test_masks_of_another_size_or_twice_are_left_out(tmp_path, stills):
    full = np.ones((64, 128), bool)
    masks = [
        SourceMask(0, full[:32]),
        SourceMask(1, full),
        SourceMask(1, ~full),
        SourceMask(2, full.T),
        SourceMask(70, full),
    ]
    result = build(tmp_path, stills(masks=lambda: iter(masks)))
    assert [(p.code, p.frame) for p in result.problems.errors] == [
        ("mask-size", 0), ("duplicate-label", 1), ("mask-size", 2), ("mask-without-image", 70),
    ]  # fmt: skip
    assert "must be 128x64 like its frame, got 128x32" in result.problems.errors[0].what
    assert [m.frame for m in result.cohort.masks()] == [1]


def test_masks_that_stop_half_way_cost_only_the_rest(tmp_path, stills):
    def masks():
        yield SourceMask(0, np.ones((64, 128), bool))
        raise BleedkitError("clip0/1_mask.png: cannot be decoded", "get it again")

    result = build(tmp_path, stills(masks=masks))
    assert told(result) == [("error", "mask-file", "clip0", None)]
    assert len(result.cohort.masks()) == 1


def test_onsets_outside_the_clip_or_twice_are_left_out(tmp_path, stills):
    onsets = [OnsetLabel(clip_id="clip0", frame=f) for f in (6, -1, 3)]
    result = build(tmp_path, stills(onsets=onsets))
    assert [(p.code, p.frame) for p in result.problems] == [
        ("label-without-frame", 6), ("duplicate-label", 3),
    ]  # fmt: skip
    assert [o.frame for o in result.cohort.onsets()] == [-1]


def test_empty_and_repeated_clips_are_left_out(tmp_path, stills):
    clip = stills()
    empty = dataclasses.replace(stills("clip1"), frames=[])
    lost = stills("clip2")
    for path in (tmp_path / "root/clip2").iterdir():
        path.write_bytes(b"nothing")
    result = build(tmp_path, clip, empty, lost, clip)
    assert list(result.cohort.clips) == ["clip0"]
    assert [(p.code, p.file) for p in result.problems.errors if p.frame is None] == [
        ("empty-clip", "clip1"), ("empty-clip", "clip2"), ("duplicate-clip", "clip0"),
    ]  # fmt: skip


def test_counts_contradictions_and_names_in_the_patient_map_are_warnings(tmp_path, stills):
    result = build(
        tmp_path, stills(points=[point(1), point(2)]),
        expected={"clips": 2, "patients": 1, "frames": 6, "labelled_frames": 3, "points": 2},
        contradictions=["44 patients are 39"],
        options=ReadOptions({"clip0": "p0", "root": "x", "clip7": "p7"}),
    )  # fmt: skip
    assert [p.what for p in result.problems.warnings] == [
        "44 patients are 39",
        "is in the patient map, but no clip that was read is called so",
        "is in the patient map, but no clip that was read is called so",
        "the papers state 2 clips, here are 1",
        "the papers state 3 labelled_frames, here are 2",
    ]
    assert [p.file for p in result.problems if p.code == "unknown-name"] == ["clip7", "root"]
    assert not result.problems.errors


def test_a_reader_that_cannot_go_on_keeps_what_it_gave(tmp_path, stills):
    result = build(tmp_path, stills(), BleedkitError("index.csv line 3 is broken", "mend it"))
    assert told(result) == [("error", "source", "toy", None)]
    assert len(result.cohort.clips) == 1


def test_strict_writes_nothing_where_anything_was_left_out(tmp_path, stills):
    result = build(tmp_path, stills(points=[point(0), point(1, x=999)]), strict=True)
    assert result.cohort is None
    assert [p.code for p in result.problems] == ["point-outside"]
    assert not (tmp_path / "out").exists()
    assert build(tmp_path, stills(points=[point(0)]), strict=True).cohort is not None


def test_no_clip_at_all_writes_nothing(tmp_path):
    result = build(tmp_path)
    assert (result.cohort, [p.code for p in result.problems]) == (None, ["no-clips"])
    assert not (tmp_path / "out").exists()


def test_places_that_cannot_be_built_into_are_refused(tmp_path, stills):
    clip = stills()
    root = tmp_path / "root"
    with pytest.raises(BleedkitError, match="is not a folder"):
        build_cohort(spec_of(clip), tmp_path / "none", tmp_path / "out")
    with pytest.raises(BleedkitError, match="lies in the dataset"):
        build_cohort(spec_of(clip), root, root / "out")
    (tmp_path / "link").symlink_to(root)
    with pytest.raises(BleedkitError, match="lies in the dataset"):
        build_cohort(spec_of(clip), root, tmp_path / "link" / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").touch()
    with pytest.raises(BleedkitError, match="not empty"):
        build_cohort(spec_of(clip), root, tmp_path / "full")
    build(tmp_path, clip)
    with pytest.raises(BleedkitError, match="already holds a cohort"):
        build(tmp_path, clip)
    assert not (root / "out").exists()


@pytest.fixture
def film(tmp_path, barcode_video):
    """A clip on a real video, named for its patient."""
    path = barcode_video(tmp_path / "root" / "Doe Jane" / "film.MP4", frames=12)
    index = index_video(path)
    clip = Clip("film", "Doe Jane", "op", index.fps, index.size, index.n_frames, media="Doe Jane/film.MP4")
    return SourceClip(clip, index.frames("film"), points=[point(3, "film")])


def test_a_video_stays_where_it_is_and_is_known_by_digest(tmp_path, film):
    cohort = build(tmp_path, film).cohort
    assert (
        cohort.clip("film").media_digest
        == hashlib.sha256((tmp_path / "root/Doe Jane/film.MP4").read_bytes()).hexdigest()
    )
    assert len({row["frame"] for row in cohort.table("hashes").to_pylist()}) == 12
    assert list(validate_cohort(cohort)) == []


@pytest.mark.parametrize("copy", ["media", "frames"])
def test_copies_stand_alone_and_tell_nobodys_name(tmp_path, film, stills, number_in, copy):
    cohort = build(tmp_path, film, stills("Roe Rick", "Roe Rick"), copy=copy).cohort
    (tmp_path / "root").rename(tmp_path / "gone")
    assert list(validate_cohort(cohort)) == []
    assert [(n, number_in(rgb)) for n, rgb in iter_images(cohort, "film")] == [(n, n) for n in range(12)]
    assert [n for n, _ in iter_images(cohort, "Roe Rick")] == list(range(6))
    names = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*"))
    assert not [name for name in names if "Doe" in name or "Roe" in name or "film" in name]
    assert ("media/00000.mp4" in names) == (copy == "media")
    assert ("media/00000/000011.png" in names) == (copy == "frames")
    assert cohort.clip("film").media == ("00000.mp4" if copy == "media" else "")


def test_frames_of_a_video_are_copied_without_loss(tmp_path, film):
    copied = build(tmp_path, film, copy="frames").cohort
    kept = build_cohort(spec_of(film), tmp_path / "root", tmp_path / "kept").cohort
    for (_, a), (_, b) in zip(iter_images(copied, "film"), iter_images(kept, "film"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_video_that_is_not_what_was_indexed_is_left_out(tmp_path, film, stills, barcode_video):
    barcode_video(tmp_path / "root" / "Doe Jane" / "film.MP4", frames=9)
    result = build(tmp_path, film, stills(), copy="frames")
    assert told(result) == [("error", "video", "Doe Jane/film.MP4", None)]
    assert result.problems.errors[0].what == "frame 9: the video ends before it; clip left out"
    assert list(result.cohort.clips) == ["clip0"]
    assert [path.name for path in (tmp_path / "out" / "media").iterdir()] == ["00001"]


def test_the_official_split_comes_along(tmp_path, stills):
    def part(clip, name):
        return dataclasses.replace(clip, clip=dataclasses.replace(clip.clip, official_split=name))

    clips = [part(stills("a"), "train"), part(stills("b"), "test"), part(stills("c", "p1"), "test")]
    result = build(tmp_path, *clips)
    cohort = result.cohort
    assert [p.what for p in result.problems] == ["1 of 2 patients are in several parts of the official split: p0"]
    split = load_split(cohort, "official")
    assert [split.part(clip) for clip in cohort.clips.values()] == ["train", "test", "test"]
    assert list(validate_cohort(cohort)) == []


KILLED = """
import sys
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.vl_surgpt import SPEC
print("ready", flush=True)
build_cohort(SPEC, Path(sys.argv[1]), Path(sys.argv[2]), copy="frames")
"""


@pytest.mark.parametrize("delay", [0.02, 0.1, 0.2, 0.3, 0.4])
def test_a_kill_leaves_no_cohort_or_a_whole_one_and_a_rerun_works(tmp_path, barcode_video, delay):
    for k in range(4):
        folder = tmp_path / "root" / "tissue" / f"seq00{k}"
        barcode_video(folder / "v.mp4")
        (folder / "labels.json").write_text('{"0": [[1, 2]]}')
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "root"), str(tmp_path / "out")], stdout=subprocess.PIPE
    )
    child.stdout.readline()
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    child.wait()
    if not holds_cohort(tmp_path / "out"):
        build_cohort(VL_SURGPT, tmp_path / "root", tmp_path / "out", copy="frames")
    cohort = Cohort(tmp_path / "out")
    assert list(validate_cohort(cohort)) == []
    assert len(cohort.clips) == len(cohort.points()) == 4
    assert not list((tmp_path / "out").glob(".staging-*"))


def test_ctrl_c_leaves_nothing(tmp_path, stills):
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, stills(), KeyboardInterrupt())
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_outside_out_or_changed_in_root(tmp_path, stills, film):
    def state():
        return {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if (tmp_path / "out") not in (p, *p.parents)}

    clips = [stills(), film]
    before = state()
    build(tmp_path, *clips, copy="frames")
    assert state() == before
