"""The frames of the pictures: the same for all who were asked the same, as different as can be, small."""

from dataclasses import replace

import cv2
import numpy as np
import pyarrow as pa
import pytest

from bleedkit.benchmarks.evaluation.samples import WIDTH, Sample, samples, small_jpeg, write_samples
from bleedkit.benchmarks.predictions.mask_code import encode_mask
from bleedkit.benchmarks.predictions.schemas import SCHEMAS
from bleedkit.datasets.media import iter_images

CLIP = {"site": "", "fps": 30.0, "width": 64, "height": 48, "n_frames": 100}


def clip(number, patient, scenario="clear view"):
    return {**CLIP, "clip_id": f"c{number}", "patient_id": f"p{patient}", "scenarios": [scenario]}


def table(task, rows):
    return pa.Table.from_pylist(rows, schema=SCHEMAS[task])


def seen(**row):
    return {**row, "true_x": 1.0, "true_y": 1.0, "true_visible": True}


def points(task, **changes):
    """Eight clips of four patients with ten labelled frames each."""
    rows = [
        {**seen(**clip(n, n % 4, f"s{n % 3}"), frame=frame), **changes} for n in range(8) for frame in range(0, 100, 10)
    ]
    return table(task, rows)


@pytest.mark.parametrize("task", sorted(SCHEMAS))
def test_what_a_model_said_and_the_order_of_rows_do_not_matter(task):
    plain = (
        points(task)
        if task != "onset"
        else table("onset", [{**clip(n, n), "frame": 0, "true_onset": 50} for n in range(5)])
    )
    order = np.random.default_rng(0).permutation(len(plain))
    chosen = samples(task, plain)
    assert samples(task, plain.take(pa.array(order))) == chosen
    said = plain.set_column(
        plain.schema.get_field_index("confidence"), "confidence", pa.array([0.5] * len(plain), pa.float32())
    )
    assert samples(task, said) == chosen
    assert len(set(chosen)) == len(chosen) > 0


def test_six_frames_of_as_many_patients_as_can_be():
    chosen = samples("source", points("source"))
    clips = [int(sample.clip_id[1:]) for sample in chosen]
    assert len(clips) == len(set(clips)) == 6
    assert {n % 4 for n in clips[:4]} == {0, 1, 2, 3}  # four patients before one comes again
    assert len({n % 3 for n in clips}) == 3


def test_few_rows_are_all_shown():
    rows = [seen(**clip(0, 0), frame=frame) for frame in (3, 7)]
    assert {sample.frame for sample in samples("source", table("source", rows))} == {3, 7}
    assert samples("source", table("source", [])) == []


def test_frames_that_bleed_come_first():
    empty, some = (encode_mask(np.full((48, 64), value)) for value in (False, True))
    unseen = {"true_visible": False, "true_mask": empty}
    rows = [{**clip(n, n), "frame": n, **unseen} for n in range(20)]
    rows[4] |= {"true_mask": some}
    rows[9] |= {"true_visible": True}
    assert {s.frame for s in samples("region-point", table("region-point", rows))} == {4, 9}
    del rows[9], rows[4]
    assert len(samples("region-point", table("region-point", rows))) == 6


def test_an_onset_has_a_strip_round_it():
    rows = [{**clip(0, 0), "frame": 0, "true_onset": 50}, {**clip(1, 1), "frame": 0, "true_onset": None}]
    assert samples("onset", table("onset", rows)) == [Sample("c0", frame) for frame in (42, 48, 50, 52, 58)]
    assert [s.frame for s in samples("onset", table("onset", rows[1:]))] == [42, 48, 50, 52, 58]  # its middle is 50
    rows[0]["true_onset"] = 1
    assert [s.frame for s in samples("onset", table("onset", rows))] == [0, 1, 3, 9]


def test_a_track_has_a_strip_along_it():
    rows = [seen(**clip(0, 0), frame=frame) for frame in range(0, 100, 10)]
    rows[0] = {**rows[0], "true_visible": False}
    rows[7] = {**rows[7], "true_visible": False}
    assert [s.frame for s in samples("deploy", table("deploy", rows))] == [10, 30, 50, 70, 90]
    assert len(samples("track", points("track"))) == 15  # three clips


def test_pictures_are_written_small_and_alike(built, tmp_path):
    cohort, _ = built
    clip_id = next(iter(cohort.clips))
    chosen = [Sample(clip_id, 2), Sample(clip_id, 5)]
    paths = write_samples(cohort, chosen, tmp_path / "one")
    assert [path.name for path in paths] == [sample.file for sample in chosen]
    assert not any("patient" in path.name for path in paths)
    again = write_samples(cohort, chosen[::-1], tmp_path / "two")
    assert {p.name: p.read_bytes() for p in paths} == {p.name: p.read_bytes() for p in again}
    picture = cv2.imread(str(paths[0]))[..., ::-1].astype(int)
    stored = next(rgb for _, rgb in iter_images(cohort, clip_id, [2])).astype(int)
    assert picture.shape == stored.shape
    assert np.abs(picture - stored).mean() < 6


def test_a_wide_frame_is_made_smaller():
    data = np.frombuffer(small_jpeg(np.zeros((540, 960, 3), np.uint8)), np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_COLOR).shape == (270, WIDTH, 3)


def test_a_name_is_its_frames_alone():
    one = Sample("c/1", 3)
    assert one.file == Sample("c/1", 3).file
    assert len({one.file, replace(one, frame=4).file, replace(one, clip_id="c/2").file}) == 3
    assert "/" not in one.file
