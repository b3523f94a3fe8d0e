"""Regions that were exported and came back: untouched, renamed, redrawn or copied; their files stay whole."""

import json

import numpy as np
import pytest
from bleedkit_test_layouts.labelled import mask_label, rings, write_cohort

from bleedkit.datasets.exchange.exchange import export_cohort, import_labels
from bleedkit.datasets.exchange.run_lengths import BoxRuns, coco_counts
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import Review

REGION, PNG = mask_label(rings(), clip_id="a", frame=2, annotator="lee")


@pytest.fixture(params=["coco", "cvat"])
def name(request):
    return request.param


@pytest.fixture
def cohort(tmp_path):
    return write_cohort(tmp_path / "c", [(REGION, PNG)])


@pytest.fixture
def file(name, cohort, tmp_path):
    """The file of clip a, with `rings` in frame 2."""
    export_cohort(cohort, name, tmp_path / "out")
    return tmp_path / "out" / {"coco": "labels.json", "cvat": "a.xml"}[name]


def bring(cohort, name, file):
    return import_labels(cohort, name, file, annotator="kim")


def test_a_renamed_region_is_a_correction_and_keeps_its_file(cohort, name, file):
    for old in ('"name": "region"', 'label="region"'):
        file.write_text(file.read_text().replace(old, old.replace("region", "pool")))
    assert bring(cohort, name, file).counts == {"new": 0, "corrected": 1, "unchanged": 0}
    (row,) = cohort.masks()
    assert (row.target, row.path, row.review, row.supersedes) == (
        "pool",
        REGION.path,
        Review.CORRECTED,
        REGION.label_id,
    )
    assert cohort.mask_path(row).read_bytes() == PNG


def test_a_redrawn_region_is_a_correction_whatever_the_export_said_of_its_shape(cohort, name, file):
    drawn = rings()[::-1].copy()  # as large, elsewhere
    text = file.read_text()
    if name == "coco":
        text = text.replace(json.dumps(coco_counts(rings())), json.dumps(coco_counts(drawn)))
    else:
        old, new = (", ".join(map(str, BoxRuns.of(mask).runs)) for mask in (rings(), drawn))
        assert (BoxRuns.of(drawn).left, BoxRuns.of(drawn).height) == (1, 17)  # rows 0 to 16 now, 1 to 17 before
        text = text.replace(f'rle="{old}"', f'rle="{new}"').replace('top="1"', 'top="0"')
    assert text != file.read_text()
    file.write_text(text)
    assert bring(cohort, name, file).counts == {"new": 0, "corrected": 1, "unchanged": 0}
    (row,) = cohort.masks()
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(row)), drawn)


def test_an_untouched_region_comes_whole_into_another_cohort(cohort, name, file, tmp_path):
    other = write_cohort(tmp_path / "other")
    assert bring(other, name, file).counts == {"new": 1, "corrected": 0, "unchanged": 0}
    (row,) = other.masks()
    assert other.mask_path(row).read_bytes() == PNG
    assert bring(cohort, name, file).counts["unchanged"] == 1
