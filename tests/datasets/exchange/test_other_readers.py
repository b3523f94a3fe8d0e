"""Other people's tools read what we write, and what they write of it comes back or is told.

Each needs a package that is not ours; docs/formats.md, "Read by others", has versions and figures of a larger cohort.
"""

import math
import shutil

import cv2
import numpy as np
import pytest
from bleedkit_test_layouts.labelled import mask_label, rings, write_cohort
from scipy.ndimage import binary_fill_holes

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.exchange.exchange import export_cohort, import_labels
from bleedkit.datasets.exchange.selection import Selection
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import LabelState, PointLabel

EMPTY = np.zeros_like(rings())
MASKS = {("a", 0): rings(), ("a", 2): EMPTY, ("op1/b", 1): ~rings()}
POINTS = [
    PointLabel(clip_id="a", frame=0, x=3.5, y=7.25),
    PointLabel(clip_id="a", frame=0, x=23.75, y=0.25, target="source2"),
    PointLabel(clip_id="a", frame=1, visible=False),
    PointLabel(clip_id="a", frame=2, x=2.0, y=2.5, visible=False),
]
FRAMES = {("a" if stem == "a" else "op1/b", n): f"{stem}_{n:06d}" for stem in ("a", "op1__b") for n in range(4)}


@pytest.fixture
def cohort(tmp_path):
    regions = [mask_label(mask, clip_id=clip_id, frame=frame) for (clip_id, frame), mask in MASKS.items()]
    return write_cohort(tmp_path / "cohort", [*regions, *((row, b"") for row in POINTS)])


@pytest.fixture
def fresh(tmp_path):
    return write_cohort(tmp_path / "fresh")


@pytest.fixture
def datumaro():
    return pytest.importorskip("datumaro", reason="datumaro is not installed, and wants pandas 2")


@pytest.fixture
def supervision():
    return pytest.importorskip("supervision", reason="supervision is not installed")


@pytest.fixture
def ultralytics(tmp_path, monkeypatch):
    for name, value in {"OFFLINE": "true", "AUTOINSTALL": "false", "CONFIG_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(f"YOLO_{name}", value)
    return pytest.importorskip("ultralytics", reason="ultralytics is not installed")


def regions_of(cohort):
    return {(row.clip_id, row.frame): read_mask_png(cohort.mask_path(row)) for row in cohort.masks()}


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for place, mask in expected.items():
        np.testing.assert_array_equal(found[place], mask, str(place))


def coco_layout(cohort, folder, task):
    """Our COCO export, with its file where datumaro looks for one: `annotations/<task>_train.json`."""
    export_cohort(cohort, "coco", folder, Selection(images=True))
    (folder / "annotations").mkdir()
    (folder / "labels.json").rename(folder / "annotations" / f"{task}_train.json")
    return str(folder)


def test_datumaro_reads_coco_regions_and_writes_them_back(cohort, fresh, tmp_path, datumaro):
    dataset = datumaro.Dataset.import_from(coco_layout(cohort, tmp_path / "out", "instances"), "coco_instances")
    names = [category.name for category in dataset.categories()[datumaro.AnnotationType.label]]
    found = {
        (item.id.removeprefix("images/"), names[one.label]): np.asarray(one.image, bool)
        for item in dataset
        for one in item.annotations
        if one.type is datumaro.AnnotationType.mask
    }
    assert_same(found, {(FRAMES[place], "region"): mask for place, mask in MASKS.items()})
    # By itself it writes outlines: no holes, and half a pixel less on two sides.
    dataset.export(str(tmp_path / "back"), "coco_instances", segmentation_mode="mask")
    result = import_labels(fresh, "coco", tmp_path / "back", annotator="kim")
    assert not result.problems
    assert_same(regions_of(fresh), MASKS)
    assert [str(loss) for loss in result.losses] == ["4 x annotation with a box alone"]  # the points


def test_datumaro_reads_coco_points_and_writes_them_back(cohort, fresh, tmp_path, datumaro):
    layout = coco_layout(cohort, tmp_path / "out", "person_keypoints")
    dataset = datumaro.Dataset.import_from(layout, "coco_person_keypoints")
    names = [category.name for category in dataset.categories()[datumaro.AnnotationType.label]]
    found = {
        (item.id.removeprefix("images/"), names[one.label], one.visibility[0].value, *one.points)
        for item in dataset
        for one in item.annotations
        if one.type is datumaro.AnnotationType.points and one.points
    }
    # COCO's pixel indices: half a pixel less than ours.
    assert found == {
        ("a_000000", "source", 2, 3.0, 6.75),
        ("a_000000", "source2", 2, 23.25, -0.25),
        ("a_000001", "source", 0, 0, 0),
        ("a_000002", "source", 1, 1.5, 2.0),
    }
    dataset.export(str(tmp_path / "back"), "coco_person_keypoints")
    result = import_labels(fresh, "coco", tmp_path / "back", annotator="kim")
    assert not result.problems
    located = {(row.frame, row.target, row.x, row.y, row.visible) for row in POINTS if math.isfinite(row.x)}
    assert {(row.frame, row.target, row.x, row.y, row.visible) for row in fresh.points()} == located
    assert "1 x keypoint that nobody labelled (flag 0)" in [str(loss) for loss in result.losses]


def test_datumaro_reads_cvat_points_with_our_fields_and_writes_what_we_refuse(tmp_path, datumaro):
    # It has no reader for masks of tracks, which is what masks are in CVAT for video.
    cohort = write_cohort(tmp_path / "cohort", [(row, b"") for row in POINTS])
    export_cohort(cohort, "cvat", tmp_path / "out")
    dataset = datumaro.Dataset.import_from(str(tmp_path / "out" / "a.xml"), "cvat")
    rows = {row.label_id: row for row in POINTS}
    said = [
        (item.attributes["frame"], shape)
        for item in dataset
        for shape in item.annotations
        if "label_id" in shape.attributes
    ]
    assert {shape.attributes["label_id"] for _, shape in said} == rows.keys()
    for frame, shape in said:
        row = rows[shape.attributes["label_id"]]
        assert (frame, shape.attributes["occluded"]) == (row.frame, not row.visible)
        assert shape.attributes["outside"] == math.isnan(row.x)
        assert shape.attributes["outside"] or shape.points == [row.x, row.y]
    dataset.export(str(tmp_path / "back"), "cvat")
    with pytest.raises(BleedkitError, match="CVAT for images"):
        import_labels(cohort, "cvat", tmp_path / "back", annotator="kim")


def test_supervision_reads_coco_regions(cohort, tmp_path, supervision):
    export_cohort(cohort, "coco", tmp_path / "out", Selection(images=True))
    out = str(tmp_path / "out")
    dataset = supervision.DetectionDataset.from_coco(out, f"{out}/labels.json", force_masks=True)
    assert dataset.classes == ["region", "source", "source2"]
    assert_same(_by_supervision(dataset), {FRAMES[place]: mask for place, mask in MASKS.items()})


def test_supervision_reads_yolo_regions_and_writes_them_back(cohort, fresh, tmp_path, supervision):
    export_cohort(cohort, "yolo", tmp_path / "out")
    folders = [str(tmp_path / "out" / "seg" / name) for name in ("images/train", "labels/train", "data.yaml")]
    dataset = supervision.DetectionDataset.from_yolo(*folders, force_masks=True)
    filled = {place: binary_fill_holes(mask) for place, mask in MASKS.items()}
    assert_same(_by_supervision(dataset), {FRAMES[place]: mask for place, mask in filled.items() if mask.any()})
    back = tmp_path / "back"
    dataset.as_yolo(annotations_directory_path=str(back / "labels"), data_yaml_path=str(back / "data.yaml"))
    result = import_labels(fresh, "yolo", back, annotator="kim")
    assert not result.problems
    # It writes parts one pixel high or wide as boxes: the single pixel of rings(), and the two within its upper ring,
    # which in ~rings() are a part that the filled hole round it covers.
    filled["a", 0][8, 2] = False
    assert_same(regions_of(fresh), {**{place: mask for place, mask in filled.items() if mask.any()}, ("a", 2): EMPTY})
    assert [str(loss) for loss in result.losses] == ["2 x box"]


def _by_supervision(dataset):
    """Regions by picture, its parts together."""
    found = {}
    for path, _, labels in dataset:
        masks = [labels.mask[at] for at in range(len(labels)) if dataset.classes[labels.class_id[at]] == "region"]
        if masks:
            found[path.replace("\\", "/").rpartition("/")[2].removesuffix(".png")] = np.any(masks, axis=0)
    return found


def test_ultralytics_takes_every_picture_and_fills_the_same_regions(cohort, tmp_path, ultralytics):
    from ultralytics.data.utils import polygon2mask

    labels = _by_ultralytics(cohort, tmp_path, "seg")
    found = {
        stem: np.any(
            [polygon2mask((18, 24), [(part * [24, 18]).ravel()]) for part in one["segments"]] or [EMPTY], axis=0
        )
        for stem, one in labels.items()
    }
    assert_same(found, {FRAMES[place]: binary_fill_holes(mask) for place, mask in MASKS.items()})


def test_ultralytics_reads_points_with_their_visibility(cohort, tmp_path, ultralytics):
    labels = _by_ultralytics(cohort, tmp_path, "pose")
    found = [(stem, *point) for stem, one in labels.items() for point in one["keypoints"][:, 0].tolist()]
    expected = [
        ("a_000000", 3.5 / 24, 7.25 / 18, 2),
        ("a_000000", 23.75 / 24, 0.25 / 18, 2),
        ("a_000002", 2 / 24, 2.5 / 18, 1),
    ]
    assert sorted(found) == [(stem, *(pytest.approx(value, abs=1e-6) for value in rest)) for stem, *rest in expected]


def _by_ultralytics(cohort, tmp_path, kind):
    """What its dataset class holds of every picture. It leaves out, with a warning, pictures whose labels it faults."""
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    export_cohort(cohort, "yolo", tmp_path / "out")
    data = check_det_dataset(str(tmp_path / "out" / kind / "data.yaml"), autodownload=False)
    task = "segment" if kind == "seg" else kind
    dataset = YOLODataset(img_path=data["train"], data=data, task=task, augment=False, imgsz=32)
    pictures = sorted(path.stem for path in (tmp_path / "out" / kind / "images" / "train").iterdir())
    found = {
        file.rpartition("/")[2].removesuffix(".png"): one
        for file, one in zip(dataset.im_files, dataset.labels, strict=True)
    }
    assert sorted(found) == pictures
    return found


def test_what_ultralytics_predicts_comes_back(fresh, tmp_path, ultralytics):
    import torch
    from ultralytics.engine.results import Results

    mask = np.zeros_like(EMPTY)
    mask[3:11, 5:17] = True
    mask[11:14, 8] = True
    result = Results(
        np.zeros((18, 24, 3), np.uint8),
        "a_000001.png",
        {0: "region"},
        boxes=torch.tensor([[5, 3, 17, 14, 0.9, 0]]),
        masks=torch.tensor(mask[None].astype(np.float32)),
    )
    out = tmp_path / "predicted"
    (out / "labels").mkdir(parents=True)
    result.save_txt(out / "labels" / "a_000001.txt")
    (out / "data.yaml").write_text("names: {0: region}\n")
    brought = import_labels(fresh, "yolo", out, annotator="net", state=LabelState.MODEL)
    assert not brought.problems
    assert_same(regions_of(fresh), {("a", 1): mask})


@pytest.mark.slow
def test_nnunet_finds_no_fault_reads_the_same_regions_and_writes_them_back(cohort, fresh, tmp_path, monkeypatch):
    for name in ("raw", "preprocessed", "results"):
        monkeypatch.setenv(f"nnUNet_{name}", str(tmp_path))
    pytest.importorskip("nnunetv2", reason="nnunetv2 is not installed, and wants an older timm")
    from nnunetv2.experiment_planning.verify_dataset_integrity import verify_dataset_integrity
    from nnunetv2.imageio.natural_image_reader_writer import NaturalImage2DIO
    from nnunetv2.utilities.utils import get_filenames_of_train_images_and_targets

    folder = tmp_path / "Dataset501_toy"
    export_cohort(cohort, "nnunet", folder)
    verify_dataset_integrity(str(folder), num_processes=1)
    reader, cases = NaturalImage2DIO(), get_filenames_of_train_images_and_targets(str(folder))
    found = {str(case): reader.read_seg(files["label"])[0][0, 0] == 1 for case, files in cases.items()}
    assert_same(found, {FRAMES[place]: mask for place, mask in MASKS.items()})
    for case, files in cases.items():
        pixels, (seg, properties) = cv2.imread(files["images"][0]), reader.read_seg(files["label"])
        np.testing.assert_array_equal(
            reader.read_images(files["images"])[0][:, 0], pixels[..., ::-1].transpose(2, 0, 1)
        )
        reader.write_seg(seg[0], str(tmp_path / f"{case}.png"), properties)
    shutil.copy(folder / "dataset.json", tmp_path)
    assert not import_labels(fresh, "nnunet", tmp_path, annotator="net", state=LabelState.MODEL).problems
    assert_same(regions_of(fresh), MASKS)
