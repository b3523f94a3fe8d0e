"""What holds for every source dataset bleedkit reads."""

import re

import pytest
from bleedkit_test_layouts.hemoset import write_hemoset
from bleedkit_test_layouts.labelme import write_bleedorigin, write_labelme
from bleedkit_test_layouts.surgblood import write_surgblood

from bleedkit.datasets.problems import Problems
from bleedkit.datasets.registry import DATASETS
from bleedkit.datasets.source import ReadOptions

WRITERS = {
    "surgblood": write_surgblood,
    "hemoset": write_hemoset,
    "bleedorigin": lambda root: write_bleedorigin(root, patients=2, detection=121, tracking=31),
    "labelme": write_labelme,
}
OPTIONS = ReadOptions(patients={"clip1": "a", "clip2": "b"})
every = pytest.mark.parametrize("name", sorted(DATASETS))
written = pytest.mark.parametrize("name", sorted(WRITERS))


def read(name, root):
    problems = Problems()
    clips = list(DATASETS[name].read(root, OPTIONS, problems))
    masks = [[(m.frame, m.target, m.mask.tobytes()) for m in clip.masks()] for clip in clips]
    return [(c.clip, list(c.frames), [p.label_id for p in c.points], list(c.onsets)) for c in clips], masks, problems


@every
def test_it_says_what_it_is(name):
    spec = DATASETS[name]
    assert spec.name == name
    assert re.fullmatch("[a-z][a-z0-9_]*", name)
    assert re.fullmatch(r"\d+\.\d+\.\d+", spec.version)
    for text in (spec.title, spec.citation, spec.licence, spec.layout):
        assert text.strip()
    assert spec.url.startswith("https://")
    assert all(count > 0 for count in spec.expected.values())


@every
def test_an_empty_folder_yields_no_clip_and_a_reason(name, tmp_path):
    from bleedkit.datasets.build import build_cohort

    root = tmp_path / "empty"
    root.mkdir()
    result = build_cohort(DATASETS[name], root, tmp_path / "cohort")
    assert result.cohort is None
    assert result.problems.errors
    assert not (tmp_path / "cohort").exists()


@written
def test_two_reads_are_equal(name, tmp_path):
    WRITERS[name](tmp_path)
    first, second = read(name, tmp_path), read(name, tmp_path)
    assert first[:2] == second[:2]
    assert list(first[2]) == list(second[2])
    assert first[0]


@written
def test_writing_again_gives_the_same_bytes(name, tmp_path):
    for folder in ("a", "b"):
        WRITERS[name](tmp_path / folder)
    files = {p.relative_to(tmp_path / "a"): p.read_bytes() for p in (tmp_path / "a").rglob("*") if p.is_file()}
    assert files == {p.relative_to(tmp_path / "b"): p.read_bytes() for p in (tmp_path / "b").rglob("*") if p.is_file()}


@written
def test_clips_are_whole_and_named_once(name, tmp_path):
    WRITERS[name](tmp_path)
    clips, masks, _ = read(name, tmp_path)
    ids = [clip.clip_id for clip, *_ in clips]
    assert len(set(ids)) == len(ids)
    assert not any("/" in clip_id or "\\" in clip_id for clip_id in ids)
    for (clip, frames, _, onsets), of_clip in zip(clips, masks, strict=True):
        numbers = [frame.frame for frame in frames]
        assert numbers == sorted(set(numbers))
        assert clip.n_frames == numbers[-1] + 1
        assert {onset.frame for onset in onsets} | {frame for frame, *_ in of_clip} <= set(numbers)
        assert all((tmp_path / frame.path).is_file() for frame in frames)


@written
def test_the_folder_read_is_not_written_to(name, tmp_path):
    WRITERS[name](tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    read(name, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
