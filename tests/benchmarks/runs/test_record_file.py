"""run.json: what goes in comes out, what was edited shows, and nonsense is one clear error."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.runs.record import Efficiency, RunKey, RunRecord
from bleedkit.benchmarks.runs.record_file import MOST_BYTES, read_record, record_text
from bleedkit.datasets.errors import BleedkitError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**60)
plain = st.recursive(
    st.none() | st.booleans() | counts | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, plain, max_size=3)
scores = st.builds(Score, numbers, st.integers(1, 10**6)) | st.just(Score.nothing())
unknown = st.dictionaries(texts.map("future_{}".format), plain, max_size=2)
records = st.builds(
    RunRecord,
    key=st.builds(RunKey, texts, texts, texts, counts, texts, counts, st.just("people") | texts),
    protocol_version=texts,
    state=st.sampled_from(["going", "failed", "done"]),
    leaky=st.booleans(),
    settings=objects,
    weights=st.dictionaries(texts, texts, max_size=2),
    data=objects,
    command=st.lists(texts, max_size=3).map(tuple),
    code_version=texts,
    hardware=objects,
    started_utc=texts,
    ended_utc=texts,
    train_s=numbers,
    evaluate_s=numbers,
    efficiency=st.builds(Efficiency, *[st.none() | counts] * 2, *[st.none() | numbers] * 3),
    predictions_digest=texts,
    truth_digest=texts,
    scores=st.dictionaries(texts, scores, max_size=3),
    error=texts,
    extra=unknown,
)
PLAIN = RunRecord(
    RunKey("track", "cohort", "main", 1, "hold_still", 2), "1", "done", False, {"size": "tiny"}, {"a": "b"}, {},
    ("bleedkit",), "0.1.0", {}, "2026-01-01T00:00:00Z", scores={"a": Score(0.1, 3), "b": Score.nothing()},
)  # fmt: skip


def known(record):
    """The record with NaN as a word, which is equal to itself."""
    values = {name: (score.n, repr(score.value)) for name, score in record.scores.items()}
    return replace(record, scores=values)


@given(records)
def test_a_record_comes_back_as_it_was(tmp_path_factory, record):
    path = tmp_path_factory.getbasetemp() / "round_trip.json"
    path.write_text(record_text(record), encoding="utf-8")
    found = read_record(path)
    assert found.untouched
    assert known(found.record) == known(record)
    assert record_text(found.record) == record_text(record)


def test_a_score_of_nothing_is_null_and_the_key_says_the_folder():
    values = json.loads(record_text(PLAIN))
    assert values["scores"] == {"a": {"value": 0.1, "n": 3}, "b": {"value": None, "n": 0}}
    assert str(PLAIN.key.folder) == "track/cohort/main.1/hold_still/2"


def test_people_are_the_truth_where_none_is_named():
    """As in every record of before there was another."""
    assert "truth" not in json.loads(record_text(PLAIN))["key"]
    other = replace(PLAIN, key=replace(PLAIN.key, truth="consensus-mean"))
    assert json.loads(record_text(other))["key"]["truth"] == "consensus-mean"
    assert str(other.key.folder) == "track/cohort/main.1.consensus-mean/hold_still/2"


def test_what_json_cannot_hold_is_a_slip():
    with pytest.raises(ValueError, match="Out of range"):
        record_text(replace(PLAIN, scores={"a": Score(math.inf, 1)}))
    with pytest.raises(ValueError, match="extra must not name"):
        record_text(replace(PLAIN, extra={"state": "done"}))


def test_any_edit_shows(tmp_path):
    path = tmp_path / "run.json"
    values = json.loads(record_text(PLAIN))
    for name in sorted(set(values) - {"format", "kind", "record_digest", "state"}):
        changed = dict(values)
        changed[name] = {"leaky": True, "train_s": 5.0, "evaluate_s": 5.0, "command": []}.get(name, changed[name])
        if isinstance(changed[name], str):
            changed[name] += "x"
        elif name == "key":
            changed[name] = {**changed[name], "seed": 9}
        elif name == "scores":
            changed[name] = {"a": {"value": 0.1, "n": 4}}
        elif name == "efficiency":
            changed[name] = {**changed[name], "flops": 1.0}
        elif isinstance(changed[name], dict):
            changed[name] = {**changed[name], "more": "x"}
        path.write_text(json.dumps(changed))
        assert not read_record(path).untouched, name
    path.write_text(json.dumps(values))  # other spaces, the same values
    assert read_record(path).untouched


def edited(**changes):
    return json.dumps({**json.loads(record_text(PLAIN)), **changes})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "no JSON object"),
        ('{"format": 1, "format": 1}', "names 'format' twice"),
        (edited(format=2), "of 'evaluation' and 2"),
        (edited(kind="training"), "is of a training"),
        (edited(state="finished"), "state: wanted one of going, failed, done"),
        (edited(leaky=1), "leaky: wanted true or false"),
        (edited(train_s=True), "train_s: wanted a finite number"),
        (edited(scores={"a": {"value": 1.0}}), "scores: a score has value and n"),
        (edited(scores={"a": {"value": None, "n": 2}}), "NaN where n is 0"),
        (edited(scores={"a": 1.0}), "scores: wanted an object"),
        (edited(key={"protocol": "track"}), "key: wanted protocol, cohort"),
        (edited(efficiency={"watts": 5}), "efficiency: there is no watts"),
        (edited(command="rm -rf /"), "command: wanted a list"),
        (edited(weights={"a": 1}), "weights: wanted text"),
        (edited(error="\ud800"), "nobody can print"),
        (edited(train_s=float("nan")), "nobody can print"),
    ],
)
def test_nonsense_is_one_error(tmp_path, text, told):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(BleedkitError, match=told):
        read_record(tmp_path / "run.json")


def test_a_missing_key_is_named(tmp_path):
    values = json.loads(record_text(PLAIN))
    del values["truth_digest"]
    (tmp_path / "run.json").write_text(json.dumps(values))
    with pytest.raises(BleedkitError, match="truth_digest is missing"):
        read_record(tmp_path / "run.json")


def test_a_giant_is_not_read(tmp_path):
    with (tmp_path / "run.json").open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(BleedkitError, match="no record has more than"):
        read_record(tmp_path / "run.json")
