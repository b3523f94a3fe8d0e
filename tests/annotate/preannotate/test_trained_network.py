"""What a training noted beside its weights, and what is done without a note."""

import json

import pytest
import torch

from bleedkit.annotate.preannotate.annotator import ModelChoice
from bleedkit.annotate.preannotate.bloodet_annotator import BlooDetMade
from bleedkit.annotate.preannotate.trained_network import TrainedAs, filled, trained_as, weights_of
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.stage import Resources
from bleedkit.models.weights import loaded_digest


@pytest.fixture
def file(tmp_path):
    """Weights of two by two, and a note beside them when it is called."""
    from safetensors.torch import save_file

    path = tmp_path / "weights.safetensors"
    save_file({"weight": torch.arange(4.0).reshape(2, 2), "bias": torch.zeros(2)}, path)

    def noted(**facts):
        record = {"facts": facts, "weights_digest": file_digest(path)}
        (tmp_path / "run.json").write_text(json.dumps(record))
        return path

    return noted


def test_size_and_flow_are_as_trained(file):
    assert trained_as(file(model="bloodet", size="tiny", flow="raft"), "bloodet") == TrainedAs("tiny", "raft")
    assert trained_as(None, "bloodet") == TrainedAs("full", "")


def test_weights_of_another_model_are_told(file):
    with pytest.raises(BleedkitError, match="was trained as 'onset' and is wanted as 'bloodet'"):
        trained_as(file(model="onset", size="tiny"), "bloodet")


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"facts": 1, "weights_digest": ""}', "\0"])
def test_a_broken_note_is_no_note(file, note):
    path = file()
    (path.parent / "run.json").write_text(note)
    assert trained_as(path, "bloodet") == TrainedAs()


def test_a_note_of_other_weights_is_none(file):
    path = file(model="onset")
    path.write_bytes(path.read_bytes() + b" ")
    assert trained_as(path, "bloodet") == TrainedAs()


def test_the_user_has_the_last_word(file):
    path = file(model="bloodet", size="tiny", flow="raft")
    files = Resources(weights={"bloodet": path})
    noted, chosen = (BlooDetMade.of(ModelChoice("bloodet", files, *told)) for told in ((), ("full", "dis")))
    assert (noted.size, noted.flow, noted.variant) == ("tiny", "raft", "paper")
    assert (chosen.size, chosen.flow) == ("full", "dis")


def test_the_authors_weights_come_with_their_own_form_and_flow(tmp_path):
    path = tmp_path / "bloodet.pth"
    torch.save({"model": {"predictor.a": torch.zeros(1)}}, path)
    made = BlooDetMade.of(ModelChoice("bloodet", Resources(weights={"bloodet": path})))
    assert (made.size, made.flow, made.variant) == ("full", "pwcnet", "code")


def test_a_network_is_filled_or_drawn_from_a_seed_and_marked_by_what_filled_it(file):
    path = file()
    state = torch.get_rng_state()
    loaded = filled(lambda: torch.nn.Linear(2, 2), path, "cpu")
    assert loaded.weight.flatten().tolist() == [0, 1, 2, 3]
    assert (loaded.training, loaded.weight.requires_grad) == (False, False)
    assert loaded_digest(loaded) == file_digest(path)
    drawn, again = (filled(lambda: torch.nn.Linear(2, 2), None, "cpu") for _ in range(2))
    assert torch.equal(drawn.weight, again.weight)
    assert loaded_digest(drawn) is None, "random weights stay known as such"
    assert torch.equal(torch.get_rng_state(), state), "who calls draws on as before"


def test_no_file_is_an_error_unless_random_weights_are_allowed():
    assert weights_of(ModelChoice("bloodet", allow_random=True), "bloodet") is None
    with pytest.raises(BleedkitError, match="cannot be downloaded"):
        weights_of(ModelChoice("bloodet"), "bloodet")
