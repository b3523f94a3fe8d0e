"""The audit: leaks by name, equal files, copies, shift and effective sizes worked by hand; text, JSON and a picture."""

import json
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.benchmarks.tissue_clips import Take
from bleedkit.datasets.clip_strata import ClipStrata
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.effective_size import effective_clusters, effective_frames, intraclass_correlation
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.label_shift import label_shifts, total_variation
from bleedkit.datasets.perceptual_hash import frame_hashes
from bleedkit.datasets.schema import Clip, Frame, ImageSize
from bleedkit.datasets.split import Split
from bleedkit.datasets.split_audit import audit_split
from bleedkit.datasets.split_audit_plot import plot_audit
from bleedkit.datasets.split_text import audit_text
from bleedkit.datasets.tables import SCHEMAS, concat, table_of
from bleedkit.datasets.transaction import locked, transaction

SIZE = ImageSize(320, 240)


def cohort_of(root, pictures: dict[tuple[str, str], list[bytes]]) -> Cohort:
    """A cohort of PNG files below root/media: (patient, clip) to the bytes of its frames."""
    import hashlib

    import pyarrow as pa

    clips, frames, hashes = [], [], []
    for (patient, name), files in pictures.items():
        clips.append(Clip(name, patient, patient, 5, SIZE, len(files)))
        for i, data in enumerate(files):
            path = root / "media" / name / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            frames.append(Frame(name, i, f"{name}/{i}.png", i / 5, hashlib.sha256(data).hexdigest()))
            rgb = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            rows = [(name, i, view, word) for view, word in frame_hashes(rgb)]
            hashes.append(pa.table([list(c) for c in zip(*rows, strict=True)], schema=SCHEMAS["hashes"]))
    folder = root / "cohort"
    tables = {
        "clips": table_of("clips", clips),
        "frames": table_of("frames", frames),
        "hashes": concat(hashes, "hashes"),
    }
    meta = CohortMeta("toy", "toy", "1", "none", "none", "1", "0", "../media")
    with locked(folder), transaction(folder) as staging:
        write_tables(staging, meta, tables)
    return Cohort(folder)


def png(rgb: np.ndarray) -> bytes:
    return cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()


@pytest.fixture
def leaky(tmp_path) -> tuple[Cohort, Split]:
    """ann on both sides; bob's frames again, mirrored and darker, as cyd's; one file of ann's also dan's."""
    tissue = {
        name: [Take(t, t, 0, 3).frame(4 * i) for i in range(3)] for t, name in enumerate(["a1", "a2", "b1", "d1", "e1"])
    }
    whose = {"a1": "ann", "a2": "ann", "b1": "bob", "d1": "dan", "e1": "eve"}
    pictures = {(whose[name], name): [png(rgb) for rgb in frames] for name, frames in tissue.items()}
    pictures["cyd", "c1"] = [png((rgb[:, ::-1] * 0.9).astype(np.uint8)) for rgb in tissue["b1"]]
    pictures["dan", "d1"].append(pictures["ann", "a1"][1])
    cohort = cohort_of(tmp_path, pictures)
    parts = {"a1": "train", "a2": "test", "b1": "train", "c1": "test", "d1": "test", "e1": "train"}
    return cohort, Split("official", "official", cohort.digest, [parts], "clip")


def test_every_kind_of_leak_is_named(leaky):
    audit = audit_split(*leaky)
    found = {finding.kind: finding for finding in audit.leaks if finding.kind != "near-duplicate"}
    assert found["patient-in-two-parts"].patients == ("ann",)
    assert found["patient-in-two-parts"].parts == ("train", "test")
    assert found["patient-in-two-parts"].clips == ("a1", "a2")
    same = found["identical-files"]
    assert (same.clips, same.frames, same.count) == (("a1", "d1"), (1, 3), 1)
    near = [f for f in audit.leaks if f.kind == "near-duplicate" and set(f.clips) == {"b1", "c1"}]
    assert len(near) == 1
    assert near[0].mirrored and near[0].detail > 0.9 and set(near[0].patients) == {"bob", "cyd"}
    assert {frozenset(f.clips) for f in audit.leaks if f.kind == "near-duplicate"} == {
        frozenset({"b1", "c1"}),
        frozenset({"a1", "d1"}),
    }


def test_the_text_names_the_patient_and_the_json_is_json(leaky):
    audit = audit_split(*leaky)
    text = audit_text(audit)
    assert "patient ann is in train and test (2 clips: 1 in train, 1 in test)" in text
    assert "4 LEAKS" in text and "Threshold" in text
    document = json.loads(json.dumps(audit.to_json(), allow_nan=False))
    assert document["leaks"] == 4
    assert document["sizes"][0]["correlation"] is None  # nothing was labelled


def test_a_clean_split_has_no_leak(tmp_path):
    pictures = {(f"p{t}", f"c{t}"): [png(Take(t, t, 0, 3).frame(4 * i)) for i in range(3)] for t in range(6)}
    cohort = cohort_of(tmp_path, pictures)
    split = Split("main", "ratio", cohort.digest, [{f"p{t}": "train" if t < 4 else "test" for t in range(6)}])
    audit = audit_split(cohort, split)
    assert audit.leaks == [] and "no leak found" in audit_text(audit)
    assert [(size.part, size.patients, size.frames) for size in audit.sizes] == [("train", 4, 12), ("test", 2, 6)]


def test_missing_images_are_said_and_nothing_is_lost(leaky):
    cohort, split = leaky
    for path in (cohort.media_root / "c1").iterdir():
        path.unlink()
    audit = audit_split(cohort, split)
    assert any(set(f.clips) == {"b1", "c1"} and f.detail is None for f in audit.findings)
    assert any("were not looked at" in note for note in audit.notes)


def test_clips_in_no_part_are_noted_and_a_missing_fold_refused(leaky):
    cohort, split = leaky
    some = Split("some", "official", cohort.digest, [{"a1": "train", "c1": "test"}], "clip")
    audit = audit_split(cohort, some)
    assert audit.leaks == []
    assert "4 clips are in no part and were not audited" in audit.notes
    with pytest.raises(BleedkitError, match="has folds 0 to 0, not 1"):
        audit_split(cohort, split, 1)


def test_a_part_asked_for_and_empty_is_told(leaky):
    cohort, _ = leaky
    parts = dict.fromkeys(["ann", "bob", "cyd", "dan", "eve"], "train")
    audit = audit_split(cohort, Split("x", "ratio", cohort.digest, [parts], ratio=[4, 0, 1]))
    assert [f.parts for f in audit.findings if f.kind == "empty-part"] == [("test",)]


def test_the_picture_is_a_png_and_the_same_twice(leaky, tmp_path):
    cohort, split = leaky
    audit = audit_split(cohort, split)
    for name in ("one.png", "two.png"):
        plot_audit(cohort, split, audit, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    picture = cv2.imread(str(tmp_path / "one.png"))
    assert picture.shape[0] > 800  # two pairs of frames below the bars
    assert picture.std() > 30


# -- by hand --------------------------------------------------------------------------------------------------------


def test_total_variation_by_hand():
    # shares 0.5, 0.5, 0 and 0.25, 0.25, 0.5: half of 0.25 + 0.25 + 0.5
    assert total_variation(np.array([2, 2, 0]), np.array([1, 1, 2])) == 0.5
    assert total_variation(np.array([3, 1]), np.array([6, 2])) == 0
    assert math.isnan(total_variation(np.array([0, 0]), np.array([1, 1])))


@given(st.lists(st.integers(0, 50), min_size=3, max_size=3), st.lists(st.integers(0, 50), min_size=3, max_size=3))
def test_total_variation_is_symmetric_and_between_0_and_1(a, b):
    one, other = total_variation(np.array(a), np.array(b)), total_variation(np.array(b), np.array(a))
    assert one == other or (math.isnan(one) and math.isnan(other))
    assert math.isnan(one) or -1e-12 <= one <= 1 + 1e-12


def rows_of(sites: str) -> list[ClipStrata]:
    return [ClipStrata(Clip(f"c{i}", f"p{i}", "q", 30, SIZE, 10, site=s), 10, 5, 10) for i, s in enumerate(sites)]


def test_shift_of_sites_wholly_apart_is_1_and_as_rare_as_chance_makes_it():
    rows = rows_of("aaaabbbb")
    units = [row.clip.patient_id for row in rows]
    shift = label_shifts(rows, units, ["train"] * 4 + ["test"] * 4)[0]
    assert (shift.stratum, shift.parts, shift.distance) == ("site", ("train", "test"), 1.0)
    assert shift.shares == {"a": (1.0, 0.0), "b": (0.0, 1.0)}
    # 2 of the C(8, 4) = 70 assignments are as far apart
    assert shift.p_value == pytest.approx(2 / 70, abs=0.02)
    even = label_shifts(rows, units, ["train", "train", "test", "test"] * 2)[0]
    assert (even.distance, even.p_value) == (0.0, 1.0)


def test_intraclass_correlation_by_hand():
    # Clusters of 4: all yes, all no. MSB = (4 * .25 + 4 * .25) / 1 = 2, MSW = 0, so (2 - 0) / (2 + 3 * 0) = 1.
    assert intraclass_correlation([4, 0], [4, 4]) == 1
    # Clusters of 4: 3 and 1 yes. MSB = (4/16 + 4/16) / 1 = 0.5, MSW = (3/4 + 3/4) / 6 = 0.25: 0.25 / (0.5 + 3 * 0.25).
    assert intraclass_correlation([3, 1], [4, 4]) == pytest.approx(0.2)
    assert intraclass_correlation([2, 2], [4, 4]) == 0  # clusters alike: negative, cut at 0
    assert all(math.isnan(intraclass_correlation(*case)) for case in [([4, 4], [4, 4]), ([1], [4]), ([1, 0], [1, 1])])


def test_effective_sizes_by_hand():
    assert effective_frames([4, 4], 1) == 2  # wholly alike within a patient: one frame each
    assert effective_frames([4, 4], 0) == 8
    assert effective_frames([2, 6], 0.5) == pytest.approx(8 / (1 + (40 / 8 - 1) * 0.5))
    assert effective_clusters([5, 5, 5]) == 3
    assert effective_clusters([9, 1]) == pytest.approx(100 / 82)
    assert effective_clusters([]) == 0


def test_a_part_whose_sites_nobody_names_has_no_shift_of_site():
    rows = [*rows_of("ab"), ClipStrata(Clip("c2", "p2", "q", 30, SIZE, 10), 10, 5, 10)]
    units = [row.clip.patient_id for row in rows]
    assert [s.parts for s in label_shifts(rows, units, ["train", "test", "val"]) if s.stratum == "site"] == [
        ("train", "test")
    ]
    assert {s.stratum for s in label_shifts(rows, units, ["train", "val", "val"])} == {"site", "bleeding"}
    assert "scenario" not in {s.stratum for s in label_shifts(rows, units, ["train", "test", "val"])}
