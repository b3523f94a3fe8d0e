"""A table with our figures, as it is read."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from bleedkit.benchmarks.papers.paper_table import Column, Note, PaperTable
from bleedkit.benchmarks.papers.printed import printed
from bleedkit.benchmarks.papers.registry import TABLES
from bleedkit.benchmarks.papers.reproduced import Evaluation, Here, Reproduced, reproduced
from bleedkit.benchmarks.papers.table_data import as_csv, as_json
from bleedkit.benchmarks.papers.table_forms import FORMS
from bleedkit.benchmarks.papers.table_text import as_latex, as_markdown, as_text

IOU = Column("IoU ↑", "iou", "%", "region-point", "SurgBlood", group="Region")
PCK = Column("PCK-2% ↑", "pck_2", "%", "region-point", "SurgBlood", group="Point")
ROWS = """
Plain
Swin_UNet† [2] | ECCV'22 | 34.83 ± 0.15 | 1.65
Better
BlooDet (Ours) | -       | 64.88 ± 0.09 | 18.62
"""
PANEL = printed(ROWS, ("Methods", "Volumes"), (IOU, PCK), entries={"BlooDet (Ours) -": "bloodet"})
NOTES = (
    Note("The split leaks."),
    Note("Impossible.", rows=("BlooDet (Ours) -",), columns=("Point: PCK-2% ↑",)),
    Note("Old.", rows=("Swin_UNet† [2] ECCV'22",)),
)
TABLE = PaperTable("t-9", "SurgBlood", "Table 9", "7", "Comparison.", (PANEL,), NOTES)
RUNS = Evaluation("region-point", "1", "phantom", "main", 0, "test", (0, 1), sizes={"bloodet": "tiny"})
FOUND = Reproduced(
    {
        ("region-point", "bloodet", "iou"): Here(50.004, 1.5, (0, 1)),
        ("region-point", "hold_still", "iou"): Here(7.0, None, (0,)),
    },
    {"region-point": RUNS},
    ("hold_still",),
)
BARE = Reproduced({}, {}, ())


def test_in_the_terminal_ours_stands_below_the_papers():
    assert as_text(TABLE, FOUND) == (
        "SurgBlood, Table 9, page 7 [a]: Comparison.\n"
        "paper: reported, not reproduced here\n"
        "here: protocol region-point 1, cohort phantom, split main, part test; mean ± standard deviation over seeds 0, "
        "1; bloodet\nof size tiny\n"
        "\n"
        "                                          Region      Point\n"
        "Methods             Volumes                IoU ↑   PCK-2% ↑\n"
        "───────────────────────────────────────────────────────────\n"
        "Plain\n"
        "Swin_UNet† [2] [c]  ECCV'22  paper  34.83 ± 0.15   1.65\n"
        "                             here              –      –\n"
        "Better\n"
        "BlooDet (Ours)      -        paper  64.88 ± 0.09  18.62 [b]\n"
        "                             here   50.00 ± 1.50      –\n"
        "Run here, not in the paper\n"
        "hold_still                   here           7.00      –\n"
        "───────────────────────────────────────────────────────────\n"
        "\n"
        "[a] The split leaks.\n"
        "[b] Impossible.\n"
        "[c] Old.\n"
    )


def test_as_markdown():
    assert as_markdown(TABLE, FOUND) == (
        "**SurgBlood, Table 9, page 7 <sup>a</sup>.** Comparison.\n"
        "\n"
        "- paper: reported, not reproduced here\n"
        "- here: protocol region-point 1, cohort phantom, split main, part test; mean ± standard deviation over seeds "
        "0, 1; bloodet of size tiny\n"
        "\n"
        "| Methods | Volumes |  | Region: IoU ↑ | Point: PCK-2% ↑ |\n"
        "| --- | --- | --- | --: | --: |\n"
        "| *Plain* |  |  |  |  |\n"
        "| Swin\\_UNet† \\[2\\] <sup>c</sup> | ECCV'22 | paper | 34.83 ± 0.15 | 1.65 |\n"
        "|  |  | here | – | – |\n"
        "| *Better* |  |  |  |  |\n"
        "| BlooDet (Ours) | - | paper | 64.88 ± 0.09 | 18.62 <sup>b</sup> |\n"
        "|  |  | here | 50.00 ± 1.50 | – |\n"
        "| *Run here, not in the paper* |  |  |  |  |\n"
        "| hold\\_still |  | here | 7.00 | – |\n"
        "\n"
        "- <sup>a</sup> The split leaks.\n"
        "- <sup>b</sup> Impossible.\n"
        "- <sup>c</sup> Old.\n"
    )


def test_as_latex():
    text = as_latex(TABLE, FOUND)
    assert r"&  &  & \multicolumn{1}{c}{Region} & \multicolumn{1}{c}{Point} \\".replace("&  &  & ", "& & & ") in text
    assert r"Swin\_UNet\dag{} [2]\textsuperscript{c} & ECCV'22 & paper & 34.83 $\pm$ 0.15 & 1.65 \\" in text
    assert r"\multicolumn{5}{l}{\emph{Better}} \\" in text
    assert r"\textsuperscript{b} Impossible.\\" in text


@pytest.mark.parametrize("name", sorted(TABLES))
def test_latex_needs_no_signs_of_its_own(name):
    assert as_latex(TABLES[name], BARE).isascii()


def letters(text: str) -> str:
    """What is left of a text where escapes, breaks and signs are taken out."""
    return re.sub(r"[^A-Za-z0-9]", "", re.sub(r"\\[a-z]+(\{\})?|\$\^2\$|\\[un]|²", "", text))


def test_without_runs_only_the_paper_speaks():
    text = as_text(TABLE, BARE)
    assert "here: no run belongs beside this table" in text
    assert " here " not in text.replace("here: ", "")


def test_a_leak_marks_every_number_it_touches():
    leaky = replace(FOUND, figures={key: replace(figure, leaky=True) for key, figure in FOUND.figures.items()})
    text = as_text(TABLE, leaky)
    assert "! LEAKY: of a split that has a patient in several parts" in text
    assert "50.00 ± 1.50!" in text
    assert "7.00!" in text
    assert "64.88 ± 0.09!" not in text
    assert [figure["leaky"] for figure in json.loads(as_json(TABLE, leaky))["figures"]] == [0, 0, 1, 0, 1, 0]


def test_machines_get_a_line_a_figure():
    document = json.loads(as_json(TABLE, FOUND))
    assert document["notes"] == ["The split leaks."]
    assert len(document["figures"]) == 3 * 2
    ours = document["figures"][2]
    assert (ours["reported"], ours["reported_spread"], ours["here"], ours["here_spread"]) == (64.88, 0.09, 50.004, 1.5)
    assert (ours["cohort"], ours["split"], ours["seeds"]) == ("phantom", "main", [0, 1])
    lines = list(csv.DictReader(io.StringIO(as_csv(TABLE, FOUND))))
    assert [line["here"] for line in lines] == ["", "", "50.004", "", "7.0", ""]
    assert lines[3]["notes"] == "The split leaks. Impossible."
    assert lines[4]["model"] == lines[4]["row"] == "hold_still"


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_prints_all_its_figures_in_every_form(name, form):
    text = FORMS[form](TABLES[name], reproduced(TABLES[name], []))
    for _, _, column, figure in TABLES[name].cells():
        if figure:
            printed_so = f"{figure.value:.{column.decimals}f}"
            assert printed_so in text or repr(figure.value) in text
    for note in TABLES[name].notes:
        assert letters(note.text) in letters(text)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_columns_stand_below_each_other(name):
    """Every block's lines end within its rule, and figures' last digits are right of where the last column began."""
    lines = as_text(TABLES[name], reproduced(TABLES[name], [])).splitlines()
    rules = [i for i, line in enumerate(lines) if line.startswith("──")]
    assert len(rules) == 2 * len(TABLES[name].panels)
    for start, end in zip(rules[::2], rules[1::2], strict=True):
        assert max(len(line) for line in lines[start - 1 : end]) <= len(lines[start])
