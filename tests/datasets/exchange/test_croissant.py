"""Croissant: every column of every table is described, digests hold, and references lead somewhere."""

import json

import pyarrow.parquet as pq
import pytest
from bleedkit_test_layouts.labelled import RUN, mask_label, rings, write_cohort

from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.exchange.exchange import export_cohort, import_labels
from bleedkit.datasets.exchange.selection import Selection
from bleedkit.datasets.schema import LabelState, OnsetLabel, PointLabel
from bleedkit.datasets.split import Split

ROWS = [
    mask_label(rings(), clip_id="a", frame=0),
    (PointLabel(clip_id="a", frame=0, x=1, y=1), b""),
    (PointLabel(clip_id="op1/b", frame=0, x=1, y=1, state=LabelState.MODEL, provenance=RUN.id), b""),
    (OnsetLabel(clip_id="a", frame=0), b""),
]


@pytest.fixture
def exported(tmp_path):
    cohort = write_cohort(tmp_path / "c", ROWS)
    split = Split("main", "ratio", cohort.digest, ({"p0": "train", "p1": "test"},))
    result = export_cohort(cohort, "croissant", tmp_path / "out", Selection(split=split))
    return tmp_path / "out", json.loads((tmp_path / "out" / "croissant.json").read_text()), result


def test_every_column_of_every_table_is_a_field_with_its_type(exported):
    out, document, result = exported
    described = {records["@id"]: records["field"] for records in document["recordSet"]}
    assert sorted(f"{name}.parquet" for name in described) == sorted(path.name for path in out.glob("*.parquet"))
    for name, fields in described.items():
        table = pq.read_table(out / f"{name}.parquet")
        assert [field["source"]["extract"]["column"] for field in fields] == table.column_names
        assert result.counts[name] == len(table)
    types = {field["@id"]: field["dataType"] for fields in described.values() for field in fields}
    assert types["points/x"] == "sc:Float"
    assert types["points/visible"] == "sc:Boolean"
    assert types["split/part"] == ["sc:Text", "cr:Split"]


def test_digests_hold_and_references_and_sources_lead_somewhere(exported):
    out, document, _ = exported
    files = {file["@id"]: file for file in document["distribution"]}
    for name, file in files.items():
        if file["@type"] == "cr:FileObject":
            assert file["sha256"] == file_digest(out / file["contentUrl"]), name
    fields = [field for records in document["recordSet"] for field in records["field"]]
    ids = {field["@id"] for field in fields}
    assert len(ids) == len(fields)
    refers = [field["references"]["field"]["@id"] for field in fields if "references" in field]
    assert set(refers) == {"clips/clip_id", "provenance/id"}
    assert set(refers) <= ids
    assert {field["source"]["fileObject"]["@id"] for field in fields} <= set(files)
    for records in document["recordSet"]:
        assert {key["@id"] for key in records.get("key", ())} <= ids
    assert all((out / path).is_file() for path in pq.read_table(out / "masks.parquet")["path"].to_pylist())
    for key in ("name", "description", "license", "url", "creator", "datePublished", "conformsTo"):
        assert key in document


def test_clips_and_states_that_were_not_asked_for_stay_out(tmp_path):
    cohort = write_cohort(tmp_path / "c", ROWS)
    choice = Selection.of(cohort, clips="op1/b", states="human")
    result = export_cohort(cohort, "croissant", tmp_path / "out", choice)
    assert result.counts == {"clips": 1, "frames": 4, "provenance": 1}
    assert [str(loss) for loss in result.losses] == ["4 x picture (frames.path names it)"]
    with pytest.raises(BleedkitError, match="no labels to import"):
        import_labels(cohort, "croissant", tmp_path / "out", annotator="kim")


def test_mlcroissant_finds_no_fault(exported):
    croissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    dataset = croissant.Dataset(jsonld=str(exported[0] / "croissant.json"))
    assert len(list(dataset.records("clips"))) == 2
