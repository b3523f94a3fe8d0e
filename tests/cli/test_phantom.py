"""bleedkit data phantom: what it prints, what it refuses, and that its lists are the registries'."""

import json

import pytest
import torch
from click.testing import CliRunner

from bleedkit.cli.phantom import LAYOUTS, PRESETS, phantom
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.phantom.layouts import LAYOUTS as WRITERS
from bleedkit.datasets.phantom.presets import PRESETS as SPECS

TINY = ["--preset", "demo", "--clips", "1", "--scale", "0.25", "--workers", "1"]


def test_the_lists_in_the_help_are_the_registries():
    assert list(PRESETS) == list(SPECS)
    assert list(LAYOUTS) == list(WRITERS)
    shown = CliRunner().invoke(phantom, ["--help"]).output
    assert all(name in shown for name in PRESETS)
    for name, text in PRESETS.items():
        assert str(SPECS[name].clips) in text
        assert str(SPECS[name].patients) in text


@pytest.mark.slow
def test_a_cohort_is_made_and_told_of_in_one_json_document(tmp_path):
    done = CliRunner().invoke(phantom, [*TINY, "--out", str(tmp_path / "c"), "--json"], catch_exceptions=False)
    document = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (document["counts"]["clips"], document["patients"], document["phantom"]["preset"]) == (1, 1, "demo")
    with pytest.raises(BleedkitError, match="already holds a cohort"):
        CliRunner().invoke(phantom, [*TINY, "--out", str(tmp_path / "c")], catch_exceptions=False)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--preset", "none"],
        ["--clips", "0"],
        ["--patients", "-1"],
        ["--scale", "0"],
        ["--scale", "many"],
        ["--seed", "-1"],
        ["--workers", "0"],
        ["--layout", "none", "x"],
    ],
)
def test_misuse_exits_two(tmp_path, wrong):
    done = CliRunner().invoke(phantom, ["--out", str(tmp_path / "c"), *wrong])
    assert done.exit_code == 2
    assert not (tmp_path / "c").exists()


def test_what_no_cohort_can_be_is_refused_before_anything_is_made(tmp_path):
    out = ["--out", str(tmp_path / "c")]
    with pytest.raises(BleedkitError, match="patients must be 1 to 2"):
        CliRunner().invoke(phantom, [*out, "--clips", "2", "--patients", "3"], catch_exceptions=False)
    with pytest.raises(BleedkitError, match="use --preset hemoset"):
        CliRunner().invoke(phantom, [*out, "--layout", "hemoset", str(tmp_path / "pigs")], catch_exceptions=False)
    if not torch.cuda.is_available():
        with pytest.raises(BleedkitError, match="no CUDA device"):
            CliRunner().invoke(phantom, [*out, "--device", "cuda"], catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []
