"""Labels that somebody deleted in another tool: told, rejected where wanted, and never rejected by mistake."""

import json
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from bleedkit_test_layouts.labelled import CLIPS, any_labels, mask_label, rings, write_cohort
from hypothesis import given, settings
from hypothesis import strategies as st

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.exchange.exchange import export_cohort, import_labels
from bleedkit.datasets.exchange.selection import Selection
from bleedkit.datasets.schema import MaskLabel, OnsetLabel, PointLabel, Review
from bleedkit.datasets.split import Split

POINTS = [PointLabel(clip_id="a", frame=n, x=3 + n, y=7, annotator="lee") for n in range(4)]
OTHER = PointLabel(clip_id="op1/b", frame=1, x=5, y=5, annotator="lee")
REGION = mask_label(rings(), clip_id="a", frame=2, annotator="lee")


def held(name, row):
    """Whether the format holds the label."""
    if name == "cvat":
        return isinstance(row, PointLabel) or (isinstance(row, MaskLabel) and row.area > 0)
    return name == "coco" or isinstance(row, PointLabel)


def delete_coco(path, ids):
    document = json.loads(path.read_text())
    notes = document["annotations"]
    document["annotations"] = [note for note in notes if note["bleedkit"]["label_id"] not in ids]
    for video in document["videos"]:
        onsets = video["bleedkit"]["onsets"]
        video["bleedkit"]["onsets"] = [onset for onset in onsets if onset["label_id"] not in ids]
    path.write_text(json.dumps(document))


def delete_cvat(path, ids):
    tree = ElementTree.parse(path)
    root = tree.getroot()
    for track in root.findall("track"):
        for shape in list(track):
            said = {one.get("name"): one.text for one in shape.findall("attribute")}
            if said.get("label_id") in ids:
                track.remove(shape)
        if len(track) == 0:
            root.remove(track)
    tree.write(path, encoding="utf-8")


def delete_tapvid(path, ids):
    with np.load(path, allow_pickle=False) as loaded:
        arrays = dict(loaded)
    arrays["labelled"] &= ~np.isin(arrays["label_id"], list(ids))
    np.savez(path, **arrays)


DELETE = {
    "coco": ("*.json", delete_coco),
    "cvat": ("*.xml", delete_cvat),
    "tapvid": ("*.npz", delete_tapvid),
}


def delete(name, out, ids):
    """Delete labels from every file of an export, as a person does in another tool."""
    pattern, how = DELETE[name]
    for path in out.rglob(pattern):
        how(path, {row if isinstance(row, str) else row.label_id for row in ids})


def current(cohort):
    return [*cohort.points(), *cohort.masks(), *cohort.onsets()]


def history(cohort):
    return len(
        [*cohort.points(history=True), *cohort.masks(history=True), *cohort.onsets(history=True)],
    )


def bring(cohort, name, path, reject=True, annotator="kim", **options):
    return import_labels(cohort, name, path, annotator=annotator, reject_deleted=reject, **options)


def export(tmp_path, name, rows=None, **choice):
    """A cohort of four points and a region in clip a and a point in clip op1/b, and its export."""
    pairs = [(row, b"") for row in (*POINTS, OTHER)] + [REGION] if rows is None else rows
    cohort = write_cohort(tmp_path / "cohort", pairs)
    export_cohort(cohort, name, tmp_path / "out", Selection.of(cohort, **choice))
    return cohort, tmp_path / "out"


@pytest.mark.parametrize("name", DELETE)
@settings(max_examples=15)
@given(labels=any_labels(), data=st.data())
def test_just_what_was_deleted_is_rejected(tmp_path_factory, name, labels, data):
    folder = tmp_path_factory.mktemp("deletions")
    cohort, out = export(folder, name, labels)
    rows = [row for row, _ in labels if held(name, row)]
    gone = data.draw(st.sets(st.sampled_from(rows))) if rows else set()
    delete(name, out, gone)
    if name == "cvat":  # of a clip without any label left nothing shows that they ever were in CVAT
        left = {row.clip_id for row in rows if row not in gone}
        gone = {row for row in gone if row.clip_id in left}
    before = history(cohort)
    if not any(out.rglob(DELETE[name][0])):
        return
    told = bring(cohort, name, out, reject=False)
    assert (told.missing, told.rejected, history(cohort)) == (len(gone), 0, before)
    done = bring(cohort, name, out)
    assert (done.missing, done.rejected) == (0, len(gone))
    assert done.counts == {"new": 0, "corrected": 0, "unchanged": len(rows) - (len(gone_everywhere(name, rows, out)))}
    rejected = [row for row in current(cohort) if row.review is Review.REJECTED]
    assert {row.supersedes for row in rejected} == {row.label_id for row in gone}
    assert {row.annotator for row in rejected} <= {"kim"}
    assert {cohort.provenance()[row.provenance].kind for row in rejected} <= {"import"}
    by_id = {row.label_id: row for row in rows}
    for row in rejected:
        was = by_id[row.supersedes]
        assert (row.state, row.target, row.frame) == (was.state, was.target, was.frame)
    again = bring(cohort, name, out)
    assert (again.missing, again.rejected, history(cohort)) == (0, 0, before + len(gone))


def gone_everywhere(name, rows, out):
    """Exported labels that no file names any more, by the files' own text."""
    texts = []
    for path in out.rglob(DELETE[name][0]):
        if name == "tapvid":
            with np.load(path) as arrays:
                texts += arrays["label_id"][arrays["labelled"]].tolist()
        elif name == "coco":
            document = json.loads(path.read_text())
            texts += [note["bleedkit"]["label_id"] for note in document["annotations"]]
            texts += [onset["label_id"] for video in document["videos"] for onset in video["bleedkit"]["onsets"]]
        elif path.suffix == ".xml":
            texts.append(path.read_text())
    whole = "\n".join(texts)
    return [row for row in rows if row.label_id not in whole]


@pytest.mark.parametrize("name", DELETE)
def test_a_label_that_somebody_replaced_meanwhile_is_refused_and_told(tmp_path, name):
    cohort, out = export(tmp_path, name)
    delete(name, out, POINTS[:2])
    cohort.append(points=[PointLabel(clip_id="a", frame=0, x=1, y=1, annotator="ann", supersedes=POINTS[0].label_id)])
    result = bring(cohort, name, out)
    assert result.rejected == 1
    (problem,) = result.problems.errors
    assert "'source' of clip a frame 0 is gone, but was changed in the cohort since it was exported" in problem.what
    assert {row.frame: (row.x, row.review) for row in cohort.points("a")} == {
        0: (1, Review.UNREVIEWED),
        1: (4, Review.REJECTED),
        2: (5, Review.UNREVIEWED),
        3: (6, Review.UNREVIEWED),
    }


def test_what_the_same_person_moved_first_and_deleted_then_is_rejected(tmp_path):
    cohort, out = export(tmp_path, "coco")
    file = out / "labels.json"
    document = json.loads(file.read_text())
    for note in document["annotations"]:
        if note["bleedkit"]["label_id"] == POINTS[0].label_id:
            note["keypoints"] = [9.5, 8.5, 2]
    file.write_text(json.dumps(document))
    assert bring(cohort, "coco", file).counts["corrected"] == 1
    delete("coco", out, POINTS[:1])
    assert bring(cohort, "coco", file).rejected == 1
    row = next(row for row in cohort.points("a") if row.frame == 0)
    assert (row.x, row.review, row.annotator) == (10, Review.REJECTED, "kim")


def test_one_of_several_files_says_nothing_of_the_others(tmp_path):
    split = Split("main", "ratio", "", ({"p0": "train", "p1": "test"},))
    for name in DELETE:
        cohort = write_cohort(tmp_path / name, [(row, b"") for row in (*POINTS, OTHER)])
        out = tmp_path / f"{name} out"
        export_cohort(cohort, name, out, Selection(split=Split("m", "r", cohort.digest, split.folds)))
        delete(name, out, [POINTS[1], OTHER])
        (file,) = [path for path in out.rglob(DELETE[name][0]) if "train" in str(path)]
        result = bring(cohort, name, file)
        assert result.rejected == 1
        assert [row.review for row in cohort.points("op1/b")] == [Review.UNREVIEWED]


@pytest.mark.parametrize("name", DELETE)
def test_a_filtered_export_says_nothing_of_what_it_left_out(tmp_path, name):
    cohort, out = export(tmp_path, name, clips="a")
    cohort.append(points=[PointLabel(clip_id="a", frame=0, target="later", x=1, y=1)])
    result = bring(cohort, name, out)
    assert (result.missing, result.rejected, len(result.problems)) == (0, 0, 0)


def test_coco_images_that_were_taken_out_take_their_labels_along(tmp_path):
    cohort, out = export(tmp_path, "coco", [*((row, b"") for row in POINTS), (OnsetLabel(clip_id="a", frame=1), b"")])
    file = out / "labels.json"
    document = json.loads(file.read_text())
    document["images"] = [image for image in document["images"] if image["frame_id"] < 2]
    kept = {image["id"] for image in document["images"]}
    document["annotations"] = [note for note in document["annotations"] if note["image_id"] in kept][1:]
    del document["videos"]
    file.write_text(json.dumps(document))
    assert bring(cohort, "coco", file).rejected == 1
    assert [row.review is Review.REJECTED for row in cohort.points("a")] == [True, False, False, False]
    assert [row.review for row in cohort.onsets()] == [Review.UNREVIEWED]


def test_a_box_without_its_mask_is_no_deletion(tmp_path):
    cohort, out = export(tmp_path, "coco")
    document = json.loads((out / "labels.json").read_text())
    for note in document["annotations"]:
        note["segmentation"] = []
    (out / "labels.json").write_text(json.dumps(document))
    result = bring(cohort, "coco", out)
    assert (result.rejected, [str(loss) for loss in result.losses]) == (0, ["1 x annotation with a box alone"])


def test_labels_that_lost_their_ids_are_no_deletions(tmp_path):
    cohort, out = export(tmp_path, "coco")
    document = json.loads((out / "labels.json").read_text())
    for note in document["annotations"]:
        del note["bleedkit"]
    (out / "labels.json").write_text(json.dumps(document))
    result = bring(cohort, "coco", out)
    assert result.rejected == 0
    assert (
        "lacks 6 of the labels that it was exported with, but none of its labels names" in result.problems.found[0].what
    )


@pytest.mark.parametrize("name", DELETE)
def test_a_file_with_a_refused_label_deletes_nothing(tmp_path, name):
    cohort, out = export(tmp_path, name, [(row, b"") for row in POINTS])
    delete(name, out, POINTS[:1])
    (file,) = [path for path in out.rglob(DELETE[name][0]) if path.stem in ("a", "labels")]
    if name == "tapvid":
        with np.load(file) as loaded:
            arrays = dict(loaded)
        arrays["points"][0, 1] = 7
        np.savez(file, **arrays)
    else:
        old, new = ('"keypoints": [3.5', '"keypoints": [99.5') if name == "coco" else ('points="4.0', 'points="99.0')
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
    result = bring(cohort, name, file)
    assert (result.rejected, result.missing) == (0, 0)
    assert any("what cannot be read would count as deleted" in problem.what for problem in result.problems)
    assert all(row.review is Review.UNREVIEWED for row in cohort.points())


def test_without_a_list_of_what_went_out_nothing_is_told(tmp_path):
    for name in DELETE:
        folder = tmp_path / name
        folder.mkdir()
        cohort, out = export(folder, name)
        delete(name, out, POINTS[:2])
        if name == "coco":
            text = (out / "labels.json").read_text()
            (out / "labels.json").write_text(text.replace(', "labels": ["', ', "gone": ["'))
        elif name == "cvat":
            (out / "bleedkit-export.json").unlink()
        else:
            with np.load(out / "a.npz") as loaded:
                arrays = dict(loaded)
            np.savez(out / "a.npz", **{key: value for key, value in arrays.items() if key != "exported"})
            (out / "op1__b.npz").unlink()
        result = bring(cohort, name, out)
        assert (result.rejected, result.missing) == (0, 0)
        assert "does not say what it was exported with" in result.problems.found[-1].what
        assert not bring(cohort, name, out, reject=False).problems


def as_cvat_writes_it(text, meta):
    """The file with a meta element as CVAT writes one: nothing of ours but attributes is left."""
    return f"<annotations><meta>{meta}</meta>{text[text.index('</meta>') + len('</meta>') :]}"


TASK = "<task><name>a</name><size>4</size><start_frame>0</start_frame><stop_frame>3</stop_frame></task>"
JOB = "<job><id>7</id><size>2</size><start_frame>0</start_frame><stop_frame>1</stop_frame></job>"
EVERY_SECOND = TASK.replace("</task>", "<frame_filter>step=2</frame_filter></task>")


@pytest.mark.parametrize(
    ("meta", "frames"), [(TASK, {0, 1, 3}), (JOB, {0, 1}), (EVERY_SECOND, {0}), (TASK.replace("3", "x"), set())]
)
def test_a_file_of_cvats_is_judged_by_the_frames_of_its_task_or_job(tmp_path, meta, frames):
    cohort, out = export(tmp_path, "cvat")
    delete("cvat", out, [POINTS[0], POINTS[1], POINTS[3]])
    (tmp_path / "from cvat").mkdir()
    file = tmp_path / "from cvat" / "a.xml"
    file.write_text(as_cvat_writes_it((out / "a.xml").read_text(), meta))
    assert bring(cohort, "cvat", file).rejected == 0  # no list lies beside it
    assert bring(cohort, "cvat", file, exported=out).rejected == len(frames)
    assert {row.frame for row in cohort.points("a") if row.review is Review.REJECTED} == frames


def test_two_jobs_of_one_task_are_judged_each_by_its_frames(tmp_path):
    cohort, out = export(tmp_path, "cvat")
    delete("cvat", out, [POINTS[1], POINTS[3]])
    text = (out / "a.xml").read_text()
    for first, last in ((0, 1), (2, 3)):
        job = f"<job><start_frame>{first}</start_frame><stop_frame>{last}</stop_frame></job>"
        (tmp_path / "jobs" / str(first)).mkdir(parents=True)
        (tmp_path / "jobs" / str(first) / "a.xml").write_text(as_cvat_writes_it(text, job))
    assert bring(cohort, "cvat", tmp_path / "jobs", exported=out).rejected == 2
    assert [row.frame for row in cohort.points("a") if row.review is Review.REJECTED] == [1, 3]


def test_a_doubt_about_one_copy_holds_for_the_other(tmp_path):
    cohort, out = export(tmp_path, "coco")
    delete("coco", out, POINTS[:1])
    text = (out / "labels.json").read_text()
    (out / "again.json").write_text(text.replace('"keypoints": [3.5', '"keypoints": [99.5'))
    (out / "zuletzt.json").write_text(text.replace('"keypoints": [3.5', '"keypoints": [99.5'))
    result = bring(cohort, "coco", out)
    assert (result.rejected, len([one for one in result.problems if one.code == "deleted"])) == (0, 1)


def test_a_point_that_is_switched_off_in_cvat_is_gone(tmp_path):
    cohort, out = export(tmp_path, "cvat")
    tree = ElementTree.parse(out / "a.xml")
    for shape in tree.getroot().iter("points"):
        if shape.get("frame") == "1":
            shape.set("outside", "1")
    tree.write(out / "a.xml")
    assert bring(cohort, "cvat", out / "a.xml").rejected == 1
    assert [row.review is Review.REJECTED for row in cohort.points("a")] == [False, True, False, False]


def test_the_list_of_another_export_judges_nothing(tmp_path):
    cohort, out = export(tmp_path, "cvat", clips="a")
    cohort.append(points=[PointLabel(clip_id="a", frame=0, target="later", x=1, y=1)])
    export_cohort(cohort, "cvat", tmp_path / "newer")
    result = bring(cohort, "cvat", out / "a.xml", exported=tmp_path / "newer")
    assert (result.rejected, result.missing) == (0, 0)
    assert "lacks 1 of the labels that it was exported with, but no label shows" in result.problems.found[0].what


@pytest.mark.parametrize("text", ["no json", "[]", '{"format": 9, "clips": {}}', '{"format": 1, "clips": {"a": [3]}}'])
def test_a_broken_list_changes_nothing(tmp_path, text):
    cohort, out = export(tmp_path, "cvat")
    delete("cvat", out, POINTS[:1])
    (out / "bleedkit-export.json").write_text(text)
    with pytest.raises(BleedkitError, match=r"bleedkit-export\.json"):
        bring(cohort, "cvat", out)
    assert history(cohort) == 6
    shutil.rmtree(out)
    with pytest.raises(BleedkitError):
        bring(cohort, "cvat", tmp_path / "cohort", exported=tmp_path)


def test_a_list_that_names_labels_of_another_frame_rejects_none(tmp_path):
    cohort, out = export(tmp_path, "coco")
    document = json.loads((out / "labels.json").read_text())
    document["images"] = [image for image in document["images"] if image["bleedkit"]["clip_id"] == CLIPS[1]]
    document["images"][0]["bleedkit"]["labels"] = [*(row.label_id for row in POINTS), "0" * 16, ""]
    (out / "labels.json").write_text(json.dumps(document))
    result = bring(cohort, "coco", out)
    assert (result.rejected, result.counts["unchanged"]) == (0, 1)
    document["images"][0]["bleedkit"]["labels"] = {"a": 1}
    (out / "labels.json").write_text(json.dumps(document))
    assert "must be a list of label ids" in bring(cohort, "coco", out).problems.found[0].what


def test_tapvids_list_must_be_one(tmp_path):
    cohort, out = export(tmp_path, "tapvid")
    with np.load(out / "a.npz") as loaded:
        arrays = dict(loaded)
    np.savez(out / "a.npz", **{**arrays, "exported": np.zeros((2, 2))})
    with pytest.raises(BleedkitError, match="row of texts"):
        bring(cohort, "tapvid", out)
