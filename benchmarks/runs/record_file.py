"""run.json: a RunRecord as text and back, with a digest of itself, so that an edit by hand shows."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from ...datasets.digest import value_digest
from ...datasets.errors import BleedkitError
from ...datasets.json_file import read_json
from ..evaluation.whose_truth import PEOPLE
from ..metrics.score import Score
from .record import Efficiency, RunKey, RunRecord

FORMAT: Final = 1
KIND: Final = "evaluation"
MOST_BYTES: Final = 16 * 2**20
_STATES: Final = ("going", "failed", "done")
_SELF: Final = "record_digest"
_AGAIN: Final = "move the run away and give its command again"


@dataclass(frozen=True)
class RecordFile:
    """A record as read. untouched: the file still has the digest that it was written with."""

    record: RunRecord
    untouched: bool


def record_text(record: RunRecord) -> str:
    """The text of run.json; the same record always gives the same bytes. Raises ValueError for what JSON cannot hold.

    A score of nothing is null, as JSON knows no NaN; a score must not be infinite.
    """
    values = {name.name: getattr(record, name.name) for name in fields(record)}
    extra = dict(values.pop("extra"))
    if taken := sorted(set(extra) & {*values, "format", "kind", _SELF}):
        raise ValueError(f"extra must not name what the record has itself, got {', '.join(taken)}")
    values |= {
        "key": _key_values(record.key),
        "efficiency": asdict(record.efficiency),
        "scores": {name: _score_values(score) for name, score in record.scores.items()},
        "format": FORMAT,
        "kind": KIND,
    }
    whole = json.loads(json.dumps({**extra, **values}, allow_nan=False))
    return json.dumps({**whole, _SELF: value_digest(whole)}, indent=2, sort_keys=True, allow_nan=False) + "\n"


def read_record(path: Path) -> RecordFile:
    """The record in a run.json, whoever wrote it. Raises BleedkitError where it is not one of this format."""
    values = _json_object(path)
    found, kind = values.pop("format", None), values.pop("kind", None)
    if kind == "training":
        raise BleedkitError(
            f"{path} is of a training, not of an evaluation", "evaluate it: bleedkit bench evaluate --trained"
        )
    if kind != KIND or found != FORMAT:
        what = f"{path} must be of kind {KIND} and format {FORMAT}, is of {kind!r} and {found!r}"
        raise BleedkitError(what, "upgrade bleedkit, or run it again")
    stated = values.pop(_SELF, None)
    untouched = stated == value_digest({**values, "format": FORMAT, "kind": KIND})
    try:
        return RecordFile(_record(values), untouched)
    except (ValueError, TypeError, KeyError) as error:
        raise BleedkitError(f"{path} is not the record of a run ({error})", _AGAIN) from error


def _json_object(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BleedkitError(f"{path} is not there, or no plain file", _AGAIN)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BleedkitError(f"{path} cannot be read ({error.strerror})", "check its permissions") from error
    if size > MOST_BYTES:
        raise BleedkitError(f"{path} has {size:,} bytes, no record has more than {MOST_BYTES:,}", _AGAIN)
    values, repeated = read_json(path)
    if not isinstance(values, dict) or repeated:
        what = f"names {repeated[0]!r} twice" if repeated else "is no JSON object"
        raise BleedkitError(f"{path} {what}", _AGAIN)
    try:
        json.dumps(values, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:  # halves of characters, NaN: nothing that we write
        raise BleedkitError(f"{path} holds text or numbers that nobody can print ({error})", _AGAIN) from error
    return values


def _record(values: dict[str, Any]) -> RunRecord:
    known = {name: _taken(values, name, read) for name, read in _READERS.items()}
    return RunRecord(**known, extra=values)


def _taken(values: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
    try:
        return read(values.pop(name))
    except KeyError:
        raise ValueError(f"{name} is missing") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"wanted text, got {value!r:.40}")
    return value


def _state(value: Any) -> str:
    if value not in _STATES:
        raise ValueError(f"wanted one of {', '.join(_STATES)}, got {value!r:.40}")
    return _text(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"wanted true or false, got {value!r:.40}")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"wanted a whole number of 0 or more, got {value!r:.40}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"wanted a finite number, got {value!r:.40}")
    return float(value)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"wanted an object, got {value!r:.40}")
    return value


def _texts(value: Any) -> dict[str, str]:
    return {name: _text(text) for name, text in _object(value).items()}


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"wanted a list, got {value!r:.40}")
    return tuple(_text(word) for word in value)


def _key_values(key: RunKey) -> dict[str, Any]:
    """People's labels are the truth where none is named, as in records of before there was another."""
    return {name: value for name, value in asdict(key).items() if (name, value) != ("truth", PEOPLE)}


def _key(value: Any) -> RunKey:
    given = {"truth": PEOPLE, **_object(value)}
    names = {field.name: _whole if field.type is int else _text for field in fields(RunKey)}
    if set(given) != set(names):
        raise ValueError(f"wanted {', '.join(names)}, got {', '.join(given)}")
    found: dict[str, Any] = {name: read(given[name]) for name, read in names.items()}
    return RunKey(**found)


def _efficiency(value: Any) -> Efficiency:
    given = dict(_object(value))
    names = {
        field.name: _whole if field.name in ("parameters", "trainable") else _number for field in fields(Efficiency)
    }
    if more := sorted(set(given) - set(names)):
        raise ValueError(f"there is no {', '.join(more)}")
    found: dict[str, Any] = {name: read(given[name]) for name, read in names.items() if given.get(name) is not None}
    return Efficiency(**found)


def _scores(value: Any) -> dict[str, Score]:
    return {name: _score(one) for name, one in _object(value).items()}


def _score(value: Any) -> Score:
    given = _object(value)
    if set(given) != {"value", "n"}:
        raise ValueError(f"a score has value and n, got {', '.join(given)}")
    return Score(math.nan if given["value"] is None else _number(given["value"]), _whole(given["n"]))


def _score_values(score: Score) -> dict[str, Any]:
    return {"value": None if math.isnan(score.value) else score.value, "n": score.n}


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "key": _key,
    "protocol_version": _text,
    "state": _state,
    "leaky": _flag,
    "settings": _object,
    "weights": _texts,
    "data": _object,
    "command": _words,
    "code_version": _text,
    "hardware": _object,
    "started_utc": _text,
    "ended_utc": _text,
    "train_s": _number,
    "evaluate_s": _number,
    "efficiency": _efficiency,
    "predictions_digest": _text,
    "truth_digest": _text,
    "scores": _scores,
    "error": _text,
}
