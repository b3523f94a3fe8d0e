"""`--mapping`: how a folder without a fixed layout is laid out, said by the user in JSON or TOML."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import BleedkitError
from .json_file import read_json


def read_mapping(path: Path) -> Mapping[str, Any]:
    """The object of a `.json` file or the table of a `.toml` one; only JSON's kinds of values.

    Raises BleedkitError where it is neither, or names a key twice.
    """
    if path.suffix.lower() == ".toml":
        return _toml(path)
    value, repeated = read_json(path)
    if repeated:
        raise BleedkitError(f"{path}: names {repeated[0]!r} twice", "keep one of them")
    if not isinstance(value, dict):
        raise BleedkitError(f"{path}: holds a {type(value).__name__}, not an object", "write an object of settings")
    return value


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        json.dumps(value, allow_nan=False)
    except OSError as error:
        raise BleedkitError(f"{path}: cannot be read ({error.strerror})", "check the path and permissions") from error
    except (ValueError, TypeError, RecursionError) as error:  # TOML's dates have no place in JSON
        raise BleedkitError(
            f"{path}: is not TOML of plain values ({error})", "see the builder's documentation"
        ) from error
    return value
