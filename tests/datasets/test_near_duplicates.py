"""The search against a slow one, the calibration against the binomial, and the look at images on copies and others."""

import math

import numpy as np
import pyarrow as pa
import pytest

from bleedkit.benchmarks.planted_leaks import cropped, everything, mirrored, reencoded
from bleedkit.benchmarks.tissue_clips import Take
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.duplicate_audit import NEAR, POSSIBLE, find_duplicates
from bleedkit.datasets.duplicate_check import SAME, detail_correlation
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.hash_calibration import _chance, calibrate
from bleedkit.datasets.hash_index import HashIndex, hash_index, load_hashes
from bleedkit.datasets.near_duplicates import CROPS, Candidate, comparisons, find_candidates
from bleedkit.datasets.perceptual_hash import VIEWS, frame_hashes, hashes, thumbnails
from bleedkit.datasets.perceptual_hash import mirrored as mirror_of
from bleedkit.datasets.schema import Clip, ImageSize
from bleedkit.datasets.tables import SCHEMAS
from bleedkit.datasets.transaction import locked, transaction


def clip(name: str, patient: str, frames: int = 3) -> Clip:
    return Clip(name, patient, patient, 5, ImageSize(320, 240), frames)


def index_of(pictures: dict[str, list[np.ndarray]]) -> HashIndex:
    """Every clip of a patient of its own."""
    rows = [
        (i, f, [w for _, w in frame_hashes(p)]) for i, name in enumerate(pictures) for f, p in enumerate(pictures[name])
    ]
    clips = {name: clip(name, f"of {name}", len(shown)) for name, shown in pictures.items()}
    number, frame = (np.array([row[k] for row in rows], np.int32) for k in (0, 1))
    return HashIndex(clips, number, frame, thumbnails(np.array([row[2] for row in rows], np.uint64)))


def random_index(frames: int, clips: int, patients: int) -> HashIndex:
    rng = np.random.default_rng(3)
    number = np.sort(rng.integers(0, clips, frames)).astype(np.int32)
    names = {f"c{i:02d}": clip(f"c{i:02d}", f"p{i % patients}", frames) for i in range(clips)}
    thumbs = rng.uniform(0, 15, (frames, 16, 16)).astype(np.float32)
    return HashIndex(names, number, np.arange(frames, dtype=np.int32), thumbs)


def test_pairs_within_the_threshold_are_counted_exactly_as_by_a_slow_search():
    index = random_index(120, 6, 6)
    part = np.array([0, 0, 1, 1, 2, -1])
    turned = hashes(mirror_of(index.frequency), index.centre).tolist()
    names = list(index.clips)
    slow: dict[tuple[str, str], list[int]] = {}
    for i, a in enumerate(index.full.tolist()):
        for j, (b, c) in enumerate(zip(index.full.tolist(), turned, strict=True)):
            one, other = int(index.clip[i]), int(index.clip[j])
            if 0 <= part[one] < part[other]:
                near = [n for n in ((a ^ b).bit_count(), (a ^ c).bit_count()) if n <= 22]
                slow.setdefault((names[one], names[other]), []).extend(near)
    found = {(c.first, c.second): c for c in find_candidates(index, part, 22)}
    assert {pair: c.frame_pairs for pair, c in found.items()} == {pair: len(slow[pair]) for pair in found}
    assert all(found[pair].bits <= min(near) for pair, near in slow.items() if near)
    assert sum(map(len, slow.values())) > 20
    assert not any("c05" in pair for pair in found)  # in no part


@pytest.mark.parametrize(
    ("change", "is_mirrored", "is_cropped"),
    [(reencoded, False, False), (mirrored, True, False), (cropped, False, True), (everything, True, True)],
)
@pytest.mark.parametrize("copy_first", [False, True])
def test_a_planted_copy_is_found_and_told_for_what_it_is(change, is_mirrored, is_cropped, copy_first):
    rng = np.random.default_rng
    pictures = {f"clip{t}": [Take(t, t, 0, 3).frame(5 * f) for f in range(3)] for t in range(6)}
    pictures["copy"] = [change(picture, rng(4)) for picture in pictures["clip2"]]
    index = index_of(pictures)
    part = np.array([int((name == "copy") != copy_first) for name in pictures])
    best = find_candidates(index, part, 9)[0]
    assert {best.first, best.second} == {"clip2", "copy"}
    assert best.mirrored is is_mirrored
    assert best.cropped == ("" if not is_cropped else "first" if copy_first else "second")
    shown = pictures[best.first][best.first_frame], pictures[best.second][best.second_frame]
    assert detail_correlation(*shown, best) > SAME
    other = pictures["clip3"][0], pictures["copy"][0]
    assert detail_correlation(*(other if not copy_first else other[::-1]), best) < SAME


def test_detail_of_a_picture_with_itself_is_1_and_of_blackness_nothing():
    rgb, black = Take(1, 1, 0, 1).frame(0), np.zeros((240, 320, 3), np.uint8)
    assert detail_correlation(rgb, rgb, Candidate("a", 0, "b", 0, 0)) == pytest.approx(1, abs=1e-3)
    assert math.isnan(detail_correlation(rgb, black, Candidate("a", 0, "b", 0, 0)))


def test_comparisons_are_counted_by_hand():
    index = random_index(100, 2, 2)
    a, b = int((index.clip == 0).sum()), int((index.clip == 1).sum())
    # whole frames as they are and mirrored; every crop of either side, as it is and mirrored; no frame left out
    assert comparisons(index, np.array([0, 1])) == (2 * a * b + 4 * len(CROPS) * a * b, 1)
    assert len(CROPS) == 4**4 - 1


@pytest.mark.parametrize("bits", [0, 6, 12, 32])
def test_chance_of_64_fair_bits_is_the_binomial_tail(bits):
    expected = sum(math.comb(64, k) for k in range(bits + 1)) / 2**64
    assert _chance(bits, 64, 0.5) == pytest.approx(expected, rel=1e-9)


def test_random_pictures_are_worth_about_64_bits():
    found = calibrate(random_index(4000, 40, 40), 1e13)
    assert found.unrelated_mean == pytest.approx(32, abs=0.5)
    assert 45 < found.worth_bits < 66
    assert (
        found.chance_hits <= 20_000 < 1e13 * _chance(found.threshold + 1, found.worth_bits, found.unrelated_mean / 64)
    )


def test_one_patient_alone_cannot_be_calibrated_and_says_so():
    found = calibrate(random_index(50, 3, 1), 1e6)
    assert math.isnan(found.unrelated_mean) and found.chance_hits == 0
    assert "not calibrated" in str(found)


def test_the_users_threshold_is_taken():
    assert calibrate(random_index(50, 3, 3), 1e6, 3).threshold == 3


def test_no_hashes_at_all_is_no_error():
    empty = np.zeros(0, np.int32)
    index = HashIndex({"a": clip("a", "p"), "b": clip("b", "q")}, empty, empty, np.zeros((0, 16, 16), np.float32))
    report = find_duplicates(index, {"a": "train", "b": "test"}, None)
    assert list(report.findings) == []


def test_without_images_a_copy_is_told_as_possible_unless_chance_is_ruled_out():
    pictures = {f"clip{t}": [Take(t, t, 0, 1).frame(f) for f in range(3)] for t in range(6)}
    pictures["copy"] = [reencoded(picture, np.random.default_rng(4)) for picture in pictures["clip2"]]
    parts = {name: "test" if name == "copy" else "train" for name in pictures}
    report = find_duplicates(index_of(pictures), parts, None)
    (finding,) = report.findings
    assert (finding.kind, finding.leak) in [(NEAR, True), (POSSIBLE, False)]
    assert finding.leak == (finding.bits <= report.calibration.sure)
    assert set(finding.clips) == {"clip2", "copy"} and finding.detail is None


def hash_table(rows: list[tuple[str, int, str, int]]) -> pa.Table:
    return pa.table([list(column) for column in zip(*rows, strict=True)], schema=SCHEMAS["hashes"])


def test_rows_in_any_order_come_back_by_clip_and_frame():
    rows = [
        (name, frame, view, ord(name) * 1000 + frame) for name in "ba" for frame in (7, 2) for view in reversed(VIEWS)
    ]
    index = hash_index(hash_table(rows), {"a": clip("a", "p"), "b": clip("b", "q")}, "here")
    assert index.clip.tolist() == [0, 0, 1, 1]
    assert index.frame.tolist() == [2, 7, 2, 7]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows[:-1],
        lambda rows: [("other", *row[1:]) for row in rows],
        lambda rows: [(row[0], row[1], "full", row[3]) for row in rows],
        lambda rows: [(row[0], row[1], VIEWS[0], row[3]) for row in rows],
    ],
)
def test_hashes_of_another_kind_are_refused(spoil):
    rows = spoil([("a", 0, view, 1) for view in VIEWS])
    with pytest.raises(BleedkitError, match="build the cohort again"):
        hash_index(hash_table(rows), {"a": clip("a", "p")}, "here")


def test_a_cohort_without_hashes_says_so(tmp_path):
    with locked(tmp_path), transaction(tmp_path) as staging:
        write_tables(staging, CohortMeta("toy", "toy", "1", "none", "none", "1", "0", "."), {})
    with pytest.raises(BleedkitError, match="has no perceptual hashes"):
        load_hashes(Cohort(tmp_path))
