"""The plugin as FiftyOne loads it, and its operators, in this process."""

import json
import re
from pathlib import Path

import pytest

from bleedkit.annotate.review import place
from bleedkit.annotate.review.decision_log import DecisionLog
from bleedkit.annotate.review.place import ReviewPlace

PLUGIN = Path(place.__file__).parents[1] / "plugin"


@pytest.fixture
def plugin(mongod, monkeypatch):
    """FiftyOne with our plugin alone."""
    import fiftyone as fo

    monkeypatch.setattr(fo.config, "plugins_dir", str(PLUGIN))


@pytest.fixture
def run(cohort, name, plugin, monkeypatch):
    """Runs an operator for reviewer kim on the toy cohort."""
    import fiftyone.operators as foo

    from bleedkit.annotate.fiftyone_dataset import load_dataset
    from bleedkit.annotate.push import push_cohort

    push_cohort(cohort, name)
    here = ReviewPlace(cohort.folder, cohort.media_root, "kim", name)
    for variable, value in here.to_environment().items():
        monkeypatch.setenv(variable, value)
    dataset = load_dataset(name)
    yield (
        lambda operator, **params: (
            foo.execute_operator(f"@bleedkit/review/{operator}", {"dataset": dataset, "params": params}).result
        )
    )
    place._desk_of.cache_clear()


def test_fiftyone_finds_the_plugin_without_errors(plugin):
    import fiftyone.plugins as fop
    from fiftyone.operators.registry import OperatorRegistry

    (found,) = (one for one in fop.list_plugins() if one.name == "@bleedkit/review")
    assert found.has_js and found.js_bundle_server_path.endswith("js/review.js")
    registry = OperatorRegistry()
    assert registry.list_errors() == []
    ours = {one.name for one in registry.list_operators() if one.plugin_name == "@bleedkit/review"}
    assert ours == set(found.operators) == {"begin", "open", "decide", "keypoints", "place"}


def test_every_part_that_the_panel_imports_is_shipped():
    entry = (PLUGIN / "js" / "review.js").read_text()
    (listed,) = re.findall(r"const names = (\[.*?\]);", entry)
    assert {f"{name}.js" for name in json.loads(listed)} | {"review.js"} == {p.name for p in PLUGIN.glob("js/*.js")}


def test_a_decision_through_the_operator_is_in_the_log(run, cohort):
    opened = run("open")
    assert opened["pictures"]["frames"] == [0, 1, 2, 3]
    told = run("decide", action="accept", clip_id="clip0", frame=1, seen=0, seconds=1.25)
    assert told["labels"]["points"]["source"][1]["review"] == "accepted"
    (decision,) = DecisionLog(cohort.folder, "kim").read().decisions
    assert (decision.action, decision.clip_id, decision.frames, decision.seconds) == ("accept", "clip0", (1,), 1.25)
    assert told["progress"]["seconds"] == 1.25


def test_a_refusal_is_an_answer(run, cohort):
    assert "frames 0 to 3" in run("decide", action="onset", clip_id="clip0", frame=9, seen=0)["error"]["what"]
    assert run("decide", action="explode", clip_id="clip0", frame=0, seen=0)["error"]["remedy"] == "reload the page"
    assert "no clip 'nowhere'" in run("open", clip_id="nowhere")["error"]["what"]
    assert not DecisionLog(cohort.folder, "kim").path.exists()


def test_keypoints_and_places_are_told(run):
    assert run("keypoints", clip_id="clip0", frame=1) == {"keypoints": []}
    samples = run("open", clip_id="clip1")["pictures"]["samples"]
    assert run("place", sample=samples[2]) == {"clip_id": "clip1", "frame": 2}


def test_an_app_that_was_not_started_for_a_review_says_so(plugin, name, monkeypatch):
    import fiftyone as fo
    import fiftyone.operators as foo

    monkeypatch.delenv("BLEEDKIT_COHORT", raising=False)
    told = foo.execute_operator("@bleedkit/review/open", {"dataset": fo.Dataset(name), "params": {}}).result
    assert "bleedkit annotate review" in told["error"]["remedy"]
