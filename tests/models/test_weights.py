import copy
import hashlib
import io
import os
import pickle
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.weights import (
    check_loaded,
    fit_weights,
    load_weights,
    loaded_digest,
    mark_loaded,
    weights_file,
    weights_path,
)
from bleedkit.models.weights_table import WEIGHTS, Weights

TENSORS = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.ones(2)}


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Path:
    """torch.hub's checkpoint folder, empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Publish bytes as the weights `toy`, with or without a digest: the file that users would download."""

    def publish(data: bytes, sha256: str = "") -> Path:
        source = tmp_path / "server" / "toy.pt"
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(data)
        monkeypatch.setitem(WEIGHTS, "toy", Weights("toy", source.as_uri(), "toy.pt", "MIT", sha256))
        return source

    return publish


@pytest.mark.parametrize("root", ["TORCH_HOME", "XDG_CACHE_HOME", "neither"])
def test_checkpoints_lie_where_torch_hub_keeps_them(root, tmp_path, monkeypatch):
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(root, str(tmp_path))
    assert weights_path("xfeat") == Path(torch.hub.get_dir()) / "checkpoints" / "xfeat.pt"


def test_a_given_file_is_taken_as_it_is(tmp_path):
    (tmp_path / "mine.pt").write_bytes(b"mine")
    assert weights_file("xfeat", tmp_path / "mine.pt") == tmp_path / "mine.pt"


def test_a_given_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BleedkitError, match=r"xfeat are not at .*gone\.pt; .*--weights xfeat=FILE"):
        weights_file("xfeat", tmp_path / "gone.pt")


def test_a_file_with_no_published_digest_is_held_to_the_first_download(hub, published):
    source = published(b"first")
    assert weights_file("toy") == hub / "toy.pt"
    assert (hub / "toy.pt.sha256").read_text().strip() == hashlib.sha256(b"first").hexdigest()
    source.unlink()
    assert weights_file("toy").read_bytes() == b"first"
    (hub / "toy.pt").write_bytes(b"other")
    with pytest.raises(BleedkitError, match=r"is not the file of the weights toy: SHA-256 must be .*, got "):
        weights_file("toy")


def test_a_published_digest_or_its_beginning_is_checked(hub, published):
    digest = hashlib.sha256(b"right").hexdigest()
    published(b"right", digest[:8])
    assert weights_file("toy").read_bytes() == b"right"
    (hub / "toy.pt").write_bytes(b"wrong")
    with pytest.raises(BleedkitError, match=f"must be {digest[:8]}"):
        weights_file("toy")


def test_a_download_that_is_not_what_was_published_is_not_kept(hub, published):
    published(b"wrong", hashlib.sha256(b"right").hexdigest())
    with pytest.raises(BleedkitError, match="could not be downloaded from file:"):
        weights_file("toy")
    assert list(hub.iterdir()) == []


def test_a_failed_download_says_what_to_put_where(hub, published):
    published(b"").unlink()
    with pytest.raises(BleedkitError) as caught:
        weights_file("toy")
    for told in ("toy", "file:///", str(hub / "toy.pt"), "--weights toy=FILE"):
        assert told in str(caught.value)


def test_safetensors_and_torch_files_hold_the_same(tmp_path):
    save_file(TENSORS, tmp_path / "w.safetensors")
    torch.save(TENSORS, tmp_path / "w.pt")
    for file in ("w.safetensors", "w.pt"):
        torch.testing.assert_close(load_weights(tmp_path / file), TENSORS, rtol=0, atol=0)


@pytest.mark.parametrize("outer", ["model", "state_dict"])
def test_a_training_checkpoint_is_unwrapped(tmp_path, outer):
    parallel = {f"module.{name}": tensor for name, tensor in TENSORS.items()}
    torch.save({outer: parallel, "epoch": 3}, tmp_path / "w.pt")
    torch.testing.assert_close(load_weights(tmp_path / "w.pt"), TENSORS, rtol=0, atol=0)


@pytest.mark.parametrize("held", [{}, [torch.ones(1)], {"weight": 3.0}, {"model": {"a": "b"}}])
def test_anything_but_tensors_by_name_is_refused(tmp_path, held):
    torch.save(held, tmp_path / "w.pt")
    with pytest.raises(BleedkitError, match="must hold tensors by name"):
        load_weights(tmp_path / "w.pt")


@given(st.data(), st.sampled_from(["w.pt", "w.safetensors"]))
def test_a_file_cut_short_is_refused(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp("cut") / name
    if name == "w.pt":
        torch.save(TENSORS, path)
    else:
        save_file(TENSORS, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(BleedkitError, match=name):
        load_weights(path)


@given(st.binary(max_size=300), st.sampled_from(["w.pt", "w.safetensors"]))
def test_any_other_bytes_are_refused(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp("noise") / name
    path.write_bytes(data)
    with pytest.raises(BleedkitError, match=name):
        load_weights(path)


class _RunsCode:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_in_a_file_is_not_run(tmp_path):
    torch.save({"weight": _RunsCode(tmp_path / "ran")}, tmp_path / "w.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(_RunsCode(tmp_path / "ran")))
    for file in ("w.pt", "plain.pt"):
        with pytest.raises(BleedkitError):
            load_weights(tmp_path / file)
    assert not (tmp_path / "ran").exists()
    torch.load(io.BytesIO((tmp_path / "w.pt").read_bytes()), weights_only=False)
    assert (tmp_path / "ran").exists(), "the file does run code where it may: the test can fail"


def test_weights_fill_a_model():
    model = nn.Linear(3, 2)
    fit_weights(model, TENSORS, Path("w.pt"))
    torch.testing.assert_close(dict(model.state_dict()), TENSORS, rtol=0, atol=0)


def test_what_does_not_fit_is_listed():
    tensors = {"weight": torch.ones(2, 4), **{f"extra.{i}": torch.ones(1) for i in range(4)}}
    with pytest.raises(BleedkitError) as caught:
        fit_weights(nn.Linear(3, 2), tensors, Path("w.pt"))
    assert caught.value.what == (
        "w.pt does not fit Linear: 1 missing (bias), 4 unexpected (extra.0, extra.1, extra.2, ...), "
        "1 of another shape (weight (2, 4) for (2, 3))"
    )


def test_only_what_a_model_does_without_may_be_missing():
    fit_weights(nn.Linear(3, 2), {"weight": TENSORS["weight"]}, Path("w.pt"), may_lack=("bias",))
    with pytest.raises(BleedkitError, match=r"1 missing \(weight\)"):
        fit_weights(nn.Linear(3, 2), {"bias": TENSORS["bias"]}, Path("w.pt"), may_lack=("bias",))


def test_a_model_remembers_the_file_its_weights_came_from(tmp_path):
    torch.save(TENSORS, tmp_path / "w.pt")
    model = nn.Linear(3, 2)
    assert loaded_digest(model) is None
    fit_weights(model, load_weights(tmp_path / "w.pt"), tmp_path / "w.pt")
    digest = hashlib.sha256((tmp_path / "w.pt").read_bytes()).hexdigest()
    assert loaded_digest(model) == loaded_digest(copy.deepcopy(model)) == digest
    assert list(model.state_dict()) == list(TENSORS)


def test_a_model_that_still_lacks_some_is_not_marked():
    model = nn.Linear(3, 2)
    fit_weights(model, {"weight": TENSORS["weight"]}, Path("w.pt"), may_lack=("bias",))
    assert loaded_digest(model) is None


def test_random_weights_are_refused_unless_said_outright():
    model = nn.Linear(3, 2)
    with pytest.raises(BleedkitError, match=r"weights of this Linear are random.*allow_random=True"):
        check_loaded(model)
    check_loaded(model, allow_random=True)
    mark_loaded(model, "")
    check_loaded(model)


def test_a_part_that_is_loaded_does_not_make_the_whole_loaded():
    whole = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    fit_weights(whole[0], TENSORS, Path("w.pt"))
    assert loaded_digest(whole[0]) is not None
    assert loaded_digest(whole) is None


def test_weights_nobody_can_download_say_whom_to_ask_and_where_to_put_them(hub):
    with pytest.raises(BleedkitError) as caught:
        weights_file("bloodet")
    for told in ("github.com/PJLallen/SurgBlood", str(hub / "bloodet.pth"), "--weights bloodet=FILE"):
        assert told in str(caught.value)
    hub.mkdir(parents=True)
    (hub / "bloodet.pth").write_bytes(b"by hand")
    assert weights_file("bloodet") == hub / "bloodet.pth"
