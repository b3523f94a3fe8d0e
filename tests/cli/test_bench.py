"""`bleedkit bench train`, as a user types it."""

import json

import pytest
from bleedkit_test_layouts.surgblood import write_surgblood

from bleedkit.cli.bench import FLOWS as OFFERED_FLOWS
from bleedkit.cli.main import main
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.registry import DATASETS
from bleedkit.datasets.split import save_split
from bleedkit.datasets.split_build import build_split
from bleedkit.models.flows import FLOWS
from bleedkit.models.weights import load_weights


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    write_surgblood(folder / "src", frames=9)
    made = build_cohort(DATASETS["surgblood"], folder / "src", folder / "cohort").cohort
    save_split(made, build_split(made, name="main", ratio=(2, 0, 1)))
    return made.folder


def bleedkit(*args: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["bench", "train", *(str(arg) for arg in args)])
    return int(stop.value.code or 0)


def tiny(cohort, out, *more):
    return (
        "bloodet", "--cohort", cohort, "--split", "main", "--out", out, "--size", "tiny", "--steps", 2,
        "--device", "cpu", "--workers", 0, *more,
    )  # fmt: skip


def test_what_is_offered_is_what_there_is():
    assert list(OFFERED_FLOWS) == list(FLOWS)


def test_a_run_its_record_and_the_same_command_again(cohort, tmp_path, capsys):
    out = tmp_path / "run"
    assert bleedkit(*tiny(cohort, out, "--init", "random", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["steps"], told["done_now"]) == (2, 2)
    record = json.loads((out / "run.json").read_text())
    facts = record["facts"]
    assert (facts["model"], facts["size"], facts["weights"]) == ("bloodet", "tiny", {"model": "random"})
    assert (facts["split"], facts["part"], facts["patients"], facts["leaky"]) == ("main", "train", 2, False)
    assert record["weights_digest"] == told["weights_digest"]
    assert (out / "curves.png").is_file()

    assert bleedkit(*tiny(cohort, out, "--init", "random")) == 0
    assert "2 steps (0 now)" in capsys.readouterr().out
    assert bleedkit(*tiny(cohort, out, "--init", "random", "--seed", 1)) == 1
    assert "other settings" in capsys.readouterr().err

    again = tmp_path / "again"
    assert bleedkit(*tiny(cohort, again, "--init", out / "weights.safetensors", "--rate", "1e-9")) == 0
    begun = json.loads((again / "run.json").read_text())["facts"]["weights"]
    assert begun == {"model": told["weights_digest"]}
    first, second = (load_weights(run / "weights.safetensors")["no_mem_embed"] for run in (out, again))
    assert float((first - second).abs().max()) < 1e-6


def test_nothing_is_trained_from_random_weights_unless_it_is_said(cohort, tmp_path, capsys):
    assert bleedkit(*tiny(cohort, tmp_path / "run")) == 1
    assert "no pretrained weights of BlooDet in size tiny; say --init random" in capsys.readouterr().err
    assert bleedkit(*tiny(cohort, tmp_path / "run", "--init", "nowhere.safetensors")) == 1
    assert "no weights at nowhere.safetensors" in capsys.readouterr().err
    assert not (tmp_path / "run" / "weights.safetensors").exists()


def test_data_and_settings_that_do_not_fit_are_told(cohort, tmp_path, capsys):
    command = tiny(cohort, tmp_path / "run", "--init", "random")
    assert bleedkit(*command, "--split", "official") == 1
    assert "split official leaks" in capsys.readouterr().err
    assert bleedkit("onset", *command[1:]) == 1
    assert "no clip has an onset label and 60 frames" in capsys.readouterr().err
    assert bleedkit("onset", *command[1:], "--batch", 2) == 1
    assert "leave --batch at 1" in capsys.readouterr().err
    assert bleedkit(*command, "--epochs", 3) == 2
    assert "choose one of --epochs and --steps" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_refused_with_those_that_are(cohort, tmp_path, capsys):
    assert bleedkit("bluudet", *tiny(cohort, tmp_path / "run")[1:]) == 2
    assert "'bluudet' is none of bloodet, unet" in capsys.readouterr().err
