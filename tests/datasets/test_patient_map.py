"""The patient map: read as people's spreadsheets write it, refused where it says two things."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.patient_map import parse_patient_map, read_patient_map


def test_bom_crlf_spaces_other_columns_and_order_do_not_matter(tmp_path):
    path = tmp_path / "map.csv"
    path.write_bytes('\ufeffnote, patient_id ,name\r\nx,p1,clip a\r\n,"p,2", b \r\n'.encode())
    assert read_patient_map(path) == {"clip a": "p1", "b": "p,2"}


def test_the_same_row_twice_is_fine():
    assert parse_patient_map("name,patient_id\na,1\na,1\n", "f") == {"a": "1"}


def test_every_bad_row_is_told_at_once():
    with pytest.raises(BleedkitError) as caught:
        parse_patient_map("name,patient_id\na,1\na,2\n,3\nb,\nc\n", "map.csv")
    assert str(caught.value) == (
        "map.csv: line 3: 'a' is '1' already, now '2'; line 4: name is blank; line 5: patient_id is blank; "
        "line 6: patient_id is blank; give every name one patient"
    )


@pytest.mark.parametrize("text", ["", "a,1\n", "name;patient_id\na;1\n", "name\na\n"])
def test_a_header_is_required(text):
    with pytest.raises(BleedkitError, match="first line must name the columns name,patient_id"):
        parse_patient_map(text, "f")


def test_a_map_of_nobody_and_other_files_are_refused(tmp_path):
    with pytest.raises(BleedkitError, match="names no patient"):
        parse_patient_map("name,patient_id\n", "f")
    with pytest.raises(BleedkitError, match="cannot be read"):
        read_patient_map(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(b"name,patient_id\na,M\xfcller\n")
    with pytest.raises(BleedkitError, match="is not UTF-8 text"):
        read_patient_map(tmp_path / "latin.csv")


cell = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool)


@given(st.dictionaries(cell, cell, min_size=1))
def test_what_a_csv_writer_writes_is_read_back(patients):
    out = io.StringIO()
    csv.writer(out).writerows([("name", "patient_id"), *patients.items()])
    assert parse_patient_map(out.getvalue(), "f") == patients


@given(st.text())
def test_any_text_is_a_map_or_one_error(text):
    try:
        parsed = parse_patient_map(text, "f")
    except BleedkitError:
        return
    assert parsed and all(parsed.values())
