"""Tables read from text."""

import pytest

from bleedkit.benchmarks.papers.paper_table import Column, Figure, Note, PaperTable, Row
from bleedkit.benchmarks.papers.printed import printed

IOU = Column("IoU ↑", "iou", "%", "region-point", "SurgBlood")
PARAMS = Column("Params ↓", "parameters", "M", "region-point", "SurgBlood")


def test_cells_become_labels_and_figures():
    panel = printed("\nA† [1] | ECCV'22 | 34.83 ± 0.15 | 27.2M\nB | - | ? | 3\n", ("Methods", "Volumes"), (IOU, PARAMS))
    assert panel.rows == (
        Row(("A† [1]", "ECCV'22"), (Figure(34.83, 0.15), Figure(27.2))),
        Row(("B", "-"), (None, Figure(3.0))),
    )


def test_a_line_without_a_bar_heads_the_rows_below():
    panel = printed("A | 1\nTuned\nB | 2\nC | 3", ("M",), (IOU,))
    assert [row.section for row in panel.rows] == ["", "Tuned", "Tuned"]


def test_entries_and_protocols_are_by_key():
    panel = printed("A | x | 1\nB | y | 2", ("M", "N"), (IOU,), entries={"B y": "b"}, protocols={"A x": "track"})
    assert [(row.entry, row.protocol) for row in panel.rows] == [("", "track"), ("b", "")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A | 1.2.3", "a figure must be like"),
        ("A | 1 ±", "a figure must be like"),
        ("A | -1", "a figure must be like"),
        ("A | 1 | 2", "1 labels and 1 figures"),
    ],
)
def test_what_does_not_fit_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        printed(text, ("M",), (IOU,))


def test_a_key_of_no_row_is_refused():
    with pytest.raises(ValueError, match="no row is called C"):
        printed("A | 1", ("M",), (IOU,), entries={"C": "c"})


def table(*notes: Note) -> PaperTable:
    panel = printed("A | 1 | 2\nB | 3 | 4", ("M",), (IOU, PARAMS))
    return PaperTable("t-1", "SurgBlood", "Table 1", "1", "Things.", (panel,), notes)


def test_notes_hang_where_they_say():
    cell, row = Note("cell", ("A",), (IOU.key,)), Note("row", ("B",))
    column, whole = Note("column", columns=(PARAMS.key,)), Note("whole")
    made = table(cell, row, column, whole)
    a, b = made.panels[0].rows
    assert made.notes_on(a, IOU) == (cell,)
    assert made.notes_on(a, PARAMS) == (column,)
    assert made.notes_on(b, IOU) == (row,)
    assert made.notes_on(b, PARAMS) == (row, column)


def test_a_note_on_no_row_is_refused():
    with pytest.raises(ValueError, match="t-1 has no such rows or columns"):
        table(Note("lost", rows=("C",)))
