"""Every figure against the papers' own text, which is machine-read: points are missing there, digits are not."""

import re
from pathlib import Path

import pytest

from bleedkit.benchmarks.papers.paper_table import PaperTable
from bleedkit.benchmarks.papers.registry import TABLES

PAPERS = Path(__file__).parents[4] / "shared" / "papers"
TEXTS = {"SurgBlood": PAPERS / "surgblood_bloodet.txt", "BleedOrigin": PAPERS / "bleedorigin.txt"}
# Table 10 is cut between its third and fourth column; Figure 8 is a chart.
CUT = {"bleedorigin-10": 2}

pytestmark = pytest.mark.skipif(not PAPERS.is_dir(), reason="the papers' text is not in the repository")


def digits(text: str) -> list[str]:
    """The numbers of a line without their points: the text has 4524 for 45.24."""
    return [number.replace(".", "") for number in re.findall(r"\d+(?:\.\d+)?", text)]


def flowing(paper: str) -> str:
    """The text in one line, words that were broken joined."""
    return re.sub(r"\s+", " ", re.sub(r"-\s*\n\s*", "", TEXTS[paper].read_text()))


def printed(table: PaperTable) -> list[list[str]]:
    rows = []
    for panel in table.panels:
        for row in panel.rows:
            cells = [
                f"{figure.value:.{column.decimals}f}" + (f" ± {figure.spread:.2f}" if figure.spread is not None else "")
                for column, figure in zip(panel.columns, row.figures, strict=True)
                if figure
            ]
            cut = CUT.get(table.name, len(cells))
            rows += [digits(" ".join(part)) for part in (cells[:cut], cells[cut:]) if part]
    return rows


@pytest.mark.parametrize("name", [name for name in TABLES if name != "surgblood-8"])
def test_every_row_stands_in_the_text(name):
    table = TABLES[name]
    lines = [digits(line) for line in TEXTS[table.paper].read_text().splitlines()]
    for row in printed(table):
        assert any(line[-len(row) :] == row for line in lines), row


@pytest.mark.parametrize("name", ["surgblood-2", "surgblood-3", "surgblood-4"])
def test_rows_are_in_order_and_under_their_names(name):
    starts = ["\t".join(row.labels) for panel in TABLES[name].panels for row in panel.rows]
    text = TEXTS["SurgBlood"].read_text()
    text = text[text.index(f"Table {name[-1]}.") :]
    places = [text.index(f"\n{start}\t") for start in starts]
    assert places == sorted(places)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_quotations_are_the_papers(name):
    table = TABLES[name]
    text = flowing(table.paper).replace("“", '"').replace("”", '"')
    for note in table.notes:
        for quotation in re.findall(r'"([^"]+)"', note.text):
            assert quotation.replace("-", "") in text.replace("-", ""), quotation


@pytest.mark.parametrize(
    ("paper", "said", "sum_"),
    [
        ("SurgBlood", ("21.64", "25.01", "15.78", "37.75"), lambda *types: round(sum(types), 2) == 100.18),
        ("BleedOrigin", ("25 patients", "6 patients", "8 patients"), lambda *parts: sum(parts) == 39),
        ("BleedOrigin", ("319 clips", "68 clips", "98 clips"), lambda *parts: sum(parts) == 485),
        ("BleedOrigin", ("485 video clips", "150 consecutive frames"), lambda clips, each: clips * each == 72_750),
        ("BleedOrigin", ("66,896 frames", "39,755 frames"), lambda *parts: sum(parts) == 106_651),
        ("BleedOrigin", ("44 surgical videos", "46.14"), lambda n, minutes: round(n * minutes / 60, 2) == 33.84),
    ],
)
def test_what_is_said_of_the_data_adds_up_to_what_the_docs_say(paper, said, sum_):
    text = flowing(paper)
    assert all(each in text for each in said)
    assert sum_(*(float(each.split(" ")[0].replace(",", "")) for each in said))
