"""Exports: which frames, the pictures' bytes, what earlier files said, and folders that are not to be touched."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from bleedkit_test_layouts.labelme import mask_shape, shape, write_label, write_labelme
from bleedkit_test_layouts.labelme_work import add_point, edit, label_path, move, read

from bleedkit.annotate.labelme.export_labels import export_labelme, folder_name
from bleedkit.annotate.labelme.frame_choice import FrameChoice
from bleedkit.annotate.labelme.import_labels import import_labelme
from bleedkit.annotate.labelme.manifest import MANIFEST
from bleedkit.datasets import labelme_folder
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.images import read_image
from bleedkit.datasets.labelme_file import read_labelme
from bleedkit.datasets.labelme_shape import shape_mask
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.media import iter_images
from bleedkit.datasets.problems import Problems
from bleedkit.datasets.schema import LabelState, Review
from bleedkit.datasets.source import ReadOptions


def names(folder, ending=".json"):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob(f"0*{ending}"))


@pytest.mark.parametrize(
    ("frames", "expected"),
    [("labelled", [0, 1, 2]), ("review", [3]), ("all", [0, 1, 2, 3]), ("every=2", [0, 2])],
)
def test_which_frames(cohort, tmp_path, frames, expected):
    result = export_labelme(cohort, tmp_path / "work", FrameChoice(("clip1",), frames))
    assert names(tmp_path / "work") == [f"clip1/{frame:06d}.json" for frame in expected]
    assert result.counts["frames"] == len(expected)


def test_a_frame_that_somebody_labelled_needs_no_review(cohort, tmp_path):
    add_point(cohort, 3, 40, 30)
    assert export_labelme(cohort, tmp_path / "work", FrameChoice(frames="review")).counts["frames"] == 1
    assert "to review: lost (source)" in read(tmp_path / "work", 3, "clip1")["flags"]


def test_a_review_that_is_done_is_not_asked_for_again(cohort, tmp_path):
    add_point(cohort, 3, 40, 30)
    export_labelme(cohort, tmp_path / "work", FrameChoice(frames="all"))
    assert not [flag for flag in read(tmp_path / "work", 3)["flags"] if flag.startswith("to review")]


def test_a_name_that_cannot_be_shown_is_a_loss(cohort, tmp_path):
    add_point(cohort, 1, 4, 4, target="a\nb")
    result = export_labelme(cohort, tmp_path / "work", FrameChoice(("clip0",)))
    assert result.losses["label whose name cannot be shown"] == 1
    assert [one["label"] for one in read(tmp_path / "work", 1)["shapes"]] == ["source"]
    assert import_labelme(cohort, tmp_path / "work", annotator="kim").lines() == []


@pytest.mark.parametrize("depth", [300, 900])
def test_deep_keys_of_an_earlier_file_are_kept_or_one_clear_error(cohort, exported, depth):
    path = label_path(exported, 1)
    path.write_text('{"deep": ' + "[" * depth + "]" * depth + "," + path.read_text().lstrip()[1:])
    assert import_labelme(cohort, exported, annotator="kim").lines() == []
    try:
        export_labelme(cohort, exported, FrameChoice(frames="all"))
    except BleedkitError as error:
        assert "nested too deeply" in str(error)
    else:
        assert path.read_text().count("[") > depth


def test_a_link_beside_an_original_image_is_not_followed(tmp_path):
    write_labelme(tmp_path / "in", clips=1, frames=2)
    cohort = built(tmp_path / "in", tmp_path / "cohort")
    (tmp_path / "secret.json").write_text((tmp_path / "in/clip1/00001.json").read_text())
    (tmp_path / "in/clip1/00001.json").unlink()
    (tmp_path / "in/clip1/00001.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(BleedkitError, match="link out of"):
        export_labelme(cohort, tmp_path / "work")


def test_which_states(cohort, tmp_path):
    result = export_labelme(cohort, tmp_path / "work", FrameChoice(states=(LabelState.PSEUDO,)))
    assert names(tmp_path / "work") == ["clip0/000001.json", "clip1/000001.json"]
    assert result.counts == {"clips": 2, "frames": 2, "points": 2, "regions": 0}
    move(tmp_path / "work", 1, 1, 1)
    assert import_labelme(cohort, tmp_path / "work", annotator="kim").counts == {"moved": 1}


def test_rejected_and_superseded_labels_are_not_shown(cohort, tmp_path):
    (base,) = (row for row in cohort.points("clip0") if row.frame == 1)
    cohort.append(points=[replace(base, review=Review.REJECTED, supersedes=base.label_id)])
    export_labelme(cohort, tmp_path / "work", FrameChoice(frames="all"))
    assert read(tmp_path / "work", 1)["shapes"] == []


@pytest.mark.parametrize("frames", ["every=0", "every=", "every=-1", "some", "every=1.5"])
def test_wrong_choices_are_refused(frames):
    with pytest.raises(BleedkitError, match="frames must be"):
        FrameChoice(frames=frames)
    with pytest.raises(BleedkitError, match="states must be among"):
        FrameChoice.of("", "all", "human,robot")


def test_losses_are_counted(cohort, tmp_path):
    result = export_labelme(cohort, tmp_path / "work", FrameChoice(("clip0",), "all"))
    assert dict(result.losses) == {"onset label, as labelme knows nothing of a whole clip": 1}


def test_pictures_are_the_sources_own_bytes(cohort, tmp_path):
    export_labelme(cohort, tmp_path / "work", FrameChoice(frames="all"))
    for frame in cohort.frames("clip0"):
        copied = tmp_path / "work/clip0" / f"{frame.frame:06d}.png"
        assert copied.read_bytes() == cohort.media_path(frame.path).read_bytes()


def test_turned_and_strange_pictures_become_png_as_stored(labelme_layout, tmp_path):
    """labelme would turn a picture by its EXIF tag, and the labels are of the stored pixels."""
    from PIL import Image

    write_labelme(tmp_path / "in", clips=1, frames=2)
    for path in (tmp_path / "in").rglob("*.json"):
        path.unlink()
    first, second = sorted((tmp_path / "in").rglob("*.jpg"))
    exif = Image.Exif()
    exif[274] = 6  # turn by 90 degrees
    Image.open(first).save(first, exif=exif, quality=80)
    Image.open(second).convert("I;16").save(second.with_suffix(".png"))
    second.unlink()
    write_label(second.with_suffix(".png"), [shape("source", [[5.0, 6.0]])])
    cohort = built(tmp_path / "in", tmp_path / "cohort")
    export_labelme(cohort, tmp_path / "work", FrameChoice(frames="all"))
    stored = dict(iter_images(cohort, next(iter(cohort.clips))))
    written = sorted((tmp_path / "work").rglob("*.png"))
    assert len(written) == len(stored) == 2
    for number, path in enumerate(written):
        np.testing.assert_array_equal(read_image(path), stored[number])
        assert Image.open(path).mode == "RGB"


def built(root, out):
    """A cohort of a folder of LabelMe files, all of one patient."""
    patients = {path.name: "p" for path in (root, *root.rglob("*")) if path.is_dir()}
    return build_cohort(labelme_folder.SPEC, root, out, options=ReadOptions(patients, {})).cohort


def test_video_frames_are_lossless(shared_data, tmp_path):
    from bleedkit.datasets import vl_surgpt

    root = shared_data / "vl_surgpt"
    patients = {path.name: "p" for path in root.rglob("*") if path.is_dir()}
    spec = replace(vl_surgpt.SPEC, expected={}, contradictions=())
    cohort = build_cohort(spec, root, tmp_path / "cohort", options=ReadOptions(patients, {})).cohort
    clip = next(iter(cohort.clips))
    export_labelme(cohort, tmp_path / "work", FrameChoice(frames="every=60"))
    stored = dict(iter_images(cohort, clip, {0, 60, 120}))
    for number, rgb in stored.items():
        np.testing.assert_array_equal(read_image(tmp_path / "work" / folder_name(clip) / f"{number:06d}.png"), rgb)


def test_what_labelme_files_said_besides_labels_comes_back(tmp_path):
    write_labelme(tmp_path / "in", clips=1, frames=2)
    image = tmp_path / "in/clip1/00000.jpg"
    region = np.zeros((6, 8), bool)
    region[1:5, 1:7] = True
    shapes = [
        shape("source", [[5.5, 6.25]], description="oozing", flags={"sure": True}, score=0.5, nested={"a": [1]}),
        mask_shape("blood", region, 10, 12) | {"by": "Kim"},
        shape("tool", [[1.0, 2.0], [3.0, 4.0]], "line") | {"brand": "x"},
    ]
    write_label(image, shapes, flags={"blurred": True}, reviewer={"name": "Kim"})
    cohort = built(tmp_path / "in", tmp_path / "cohort")
    export_labelme(cohort, tmp_path / "work")
    written = read(tmp_path / "work", 0, "clip1")
    assert written["reviewer"] == {"name": "Kim"}
    assert written["flags"]["blurred"] is True
    blood, point, line = written["shapes"]
    assert (point["score"], point["nested"], point["flags"]) == (0.5, {"a": [1]}, {"sure": True})
    assert point["description"].splitlines() == ["oozing", "bleedkit: human, unreviewed"]
    assert (blood["by"], blood["shape_type"]) == ("Kim", "mask")
    assert {key: line[key] for key in shapes[2]} == shapes[2]
    result = import_labelme(cohort, tmp_path / "work", annotator="kim")
    assert (result.changes, result.problems.found) == ([], [])


def test_a_renewed_export_keeps_what_annotators_wrote_and_moves_on(cohort, exported):
    def work(values):
        values["shapes"][0].update(points=[[9.0, 9.0]], score=0.5, description="hm\nbleedkit: old")
        values["shapes"].append(shape("tool", [[1.0, 2.0], [3.0, 4.0]], "line"))
        values["editor"] = "kim"

    edit(exported, 1, work)
    with pytest.raises(BleedkitError, match=r"changes that are not in the cohort: clip0/000001\.json"):
        export_labelme(cohort, exported, FrameChoice(frames="all"))
    assert read(exported, 1)["shapes"][0]["points"] == [[9.0, 9.0]]
    import_labelme(cohort, exported, annotator="kim")
    export_labelme(cohort, exported, FrameChoice(frames="all"))
    values = read(exported, 1)
    point, line = values["shapes"]
    assert (point["points"], point["score"], values["editor"]) == ([[9.0, 9.0]], 0.5, "kim")
    assert point["description"].splitlines() == ["hm", "bleedkit: human, corrected, by kim"]
    assert (line["label"], line["shape_type"]) == ("tool", "line")
    (row,) = (row for row in cohort.points("clip0") if row.frame == 1)
    assert point["bleedkit"]["label_id"] == row.label_id
    assert import_labelme(cohort, exported, annotator="kim").lines() == []


def test_an_interrupted_export_is_no_export_and_can_be_done_again(cohort, tmp_path, monkeypatch):
    import bleedkit.annotate.labelme.export_labels as module

    real, calls = module.write_labelme, []

    def stop(path, file):
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(path, file)

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_labelme", stop)
        with pytest.raises(KeyboardInterrupt):
            export_labelme(cohort, tmp_path / "work")
    with pytest.raises(BleedkitError, match="no finished export"):
        import_labelme(cohort, tmp_path / "work", annotator="kim")
    export_labelme(cohort, tmp_path / "work")
    assert import_labelme(cohort, tmp_path / "work", annotator="kim").frames == 6


def test_somebody_elses_folder_is_left_alone(cohort, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/thesis.doc").write_text("mine")
    with pytest.raises(BleedkitError, match="is not empty"):
        export_labelme(cohort, tmp_path / "work")
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["thesis.doc"]


def test_nothing_is_written_through_a_link(cohort, tmp_path):
    work, elsewhere = tmp_path / "work", tmp_path / "elsewhere"
    export_labelme(cohort, work, FrameChoice(frames="all"))
    shutil.move(work / "clip1", elsewhere)
    (work / "clip1").symlink_to(elsewhere)
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    with pytest.raises(BleedkitError):
        export_labelme(cohort, work, FrameChoice(frames="all"))
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before
    assert (work / MANIFEST).is_file()


def test_odd_clip_ids_become_plain_folders():
    assert folder_name("p01-det1") == "p01-det1"
    odd = [folder_name(name) for name in ("../up", "a/b", "a\\b", "..", ".hidden", "a" * 200, "ä", "a.", "")]
    assert len(set(odd)) == len(odd)
    for name in odd:
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert len(name) < 80


def test_real_files_survive_cohort_and_back(shared_data, tmp_path):
    """labelme's own examples: through a cohort and an export, each shape, key and picture is as it was."""
    seen = 0
    for root in sorted((shared_data / "labelme").iterdir()):
        work = tmp_path / "work" / root.name
        for file in root.iterdir():  # these pictures have a size each, so each is a clip of its own
            place = tmp_path / "in" / root.name / (file.stem if root.name == "semantic_segmentation" else "clip")
            place.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place / file.name)
        cohort = built(tmp_path / "in" / root.name, tmp_path / "cohorts" / root.name)
        export_labelme(cohort, work, FrameChoice(frames="all"))
        originals = sorted(root.glob("*.json"))
        for original, path in zip(originals, sorted(work.rglob("0*.json")), strict=True):
            before, after = (json.loads(file.read_text()) for file in (original, path))
            assert same_shapes(before, after)
            assert before.keys() <= after.keys()
            assert before["flags"].items() <= after["flags"].items()
            assert (path.parent / after["imagePath"]).read_bytes() == original.with_suffix(".jpg").read_bytes()
        seen += len(originals)
        result = import_labelme(cohort, work, annotator="kim")
        assert (result.frames, result.changes, result.problems.errors) == (len(originals), [], [])
    assert seen == 10


def same_shapes(before: dict, after: dict) -> bool:
    """Whether both files hold the same shapes, whatever their order, but for our key and our line of description."""
    plain = []
    for values in (before, after):
        shapes = [{k: v for k, v in one.items() if k not in ("bleedkit", "description")} for one in values["shapes"]]
        plain.append(sorted(json.dumps(one, sort_keys=True) for one in shapes))
    return plain[0] == plain[1]


def test_a_changed_region_of_a_real_file_comes_back(shared_data, tmp_path):
    cohort = built(shared_data / "labelme/video_annotation", tmp_path / "cohort")
    (clip,) = cohort.clips
    export_labelme(cohort, tmp_path / "work")
    path = label_path(tmp_path / "work", 0, folder_name(clip))
    values = json.loads(path.read_text())
    values["shapes"][0]["points"][0][0] -= 10
    path.write_text(json.dumps(values))
    result = import_labelme(cohort, tmp_path / "work", annotator="kim")
    (change,) = result.changes
    file = read_labelme(path, Problems(), "")
    wanted = [shape_mask(one, file.size) for one in file.shapes if one.label == change.change.row.target]
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(change.change.row)), np.any(wanted, axis=0))


def test_frames_without_image_and_hidden_positions_are_losses(cohort, tmp_path):
    from bleedkit.annotate.labelme.losses import losses_of

    (view, _) = cohort.stream()
    hidden = replace(view.points[2], x=3.0, y=4.0)
    gone = [replace(frame, has_image=frame.frame != 1) for frame in view.frames]
    labels = {1: [view.points[1]], 2: [hidden]}
    assert losses_of(replace(view, frames=gone, onsets=[]), {0, 1, 2}, labels) == {
        "frame without image": 1,
        "label on a frame without image": 1,
        "position of a point that is not visible": 1,
    }
