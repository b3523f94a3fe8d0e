"""`bleedkit annotate preannotate` as a user types it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bleedkit.annotate.preannotate.registry import ANNOTATORS
from bleedkit.cli import annotate_preannotate
from bleedkit.cli.annotate import annotate
from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.flows import FLOWS
from bleedkit.models.weights_table import WEIGHTS


def invoke(*words):
    return CliRunner().invoke(annotate, ["preannotate", *map(str, words)])


def test_the_choices_are_the_registries():
    assert set(annotate_preannotate.MODELS) == set(ANNOTATORS)
    assert set(annotate_preannotate.FLOWS) == set(FLOWS)
    assert all(name in WEIGHTS for spec in ANNOTATORS.values() for name in spec.weights)


def test_help_tells_of_every_model():
    said = invoke("--help").output
    assert all(name in said for name in ANNOTATORS)
    assert "random" not in said, "there is no way to label with random weights"


def test_weights_are_a_file_or_a_name_and_a_file(tmp_path):
    (tmp_path / "w.pt").write_bytes(b"")
    read = annotate_preannotate.ModelWeights().convert
    assert read(str(tmp_path / "w.pt"), None, None) == ("", tmp_path / "w.pt")
    assert read(f"track_on={tmp_path}/w.pt", None, None) == ("track_on", tmp_path / "w.pt")
    missing = invoke(tmp_path, "--model", "sam2", "--weights", tmp_path / "no.pt", "--out", tmp_path / "o")
    assert missing.exit_code == 2
    assert "there is no file" in missing.output


@pytest.fixture
def no_cohort(tmp_path) -> Path:
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def test_what_is_wrong_is_told(no_cohort, tmp_path):
    out = tmp_path / "out"
    wrong = invoke(no_cohort, "--model", "bloodet", "--out", out)
    assert isinstance(wrong.exception, BleedkitError)
    assert "holds no cohort" in str(wrong.exception)
    assert invoke(no_cohort, "--model", "magic", "--out", out).exit_code == 2
    assert "for --engine ray" in invoke(no_cohort, "--model", "sam2", "--out", out, "--gpus-per-worker", "1").output
    assert not out.exists()
