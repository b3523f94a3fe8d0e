"""From names to a run: what it does with flows that lie on disk."""

import pytest

from bleedkit.benchmarks.training import trainable_models
from bleedkit.benchmarks.training.cached_clips import Part
from bleedkit.benchmarks.training.recipe import Recipe
from bleedkit.benchmarks.training.train_model import train_model
from bleedkit.benchmarks.training.trainable_models import Wish
from bleedkit.models.dis_flow import DisFlow


@pytest.fixture
def asked(monkeypatch):
    """How many pairs the flow model itself was asked for."""
    pairs = []
    flow = DisFlow.flow

    def counted(self, first, second):
        pairs.append((first, second))
        return flow(self, first, second)

    monkeypatch.setattr(DisFlow, "flow", counted)
    return pairs


def test_flows_are_computed_once_and_change_no_bit(built, tmp_path, asked, monkeypatch):
    cohort, _ = built

    def trained(name, steps=2):
        part, recipe = Part("official", leaky=True), Recipe(steps=steps)
        wish = Wish("tiny", init="random")
        digest = train_model("bloodet", cohort, part, tmp_path / name, wish=wish, recipe=recipe, cache=tmp_path / "c")
        return digest.weights_digest, len(asked)

    first, computed = trained("first")
    # Two windows of eight frames: seven pairs each, fewer where they overlap; both phases ask for each of them.
    assert 7 <= computed <= 14
    assert len(list((tmp_path / "c" / "flows").rglob("*.f32"))) == computed
    assert trained("second") == (first, computed), "the second run has nothing to compute"
    monkeypatch.setattr(trainable_models, "StoredFlow", lambda flow, *_: flow)
    without, later = trained("third")
    assert without == first
    assert later == computed + 2 * 2 * 7, "two steps of two phases"
