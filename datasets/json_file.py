"""JSON out of other people's hands: parsed without surprises, or one clear error."""

import json
from pathlib import Path
from typing import Any, Final

from .errors import BleedkitError

_AGAIN: Final = "export or download it again"


def read_json(path: Path) -> tuple[Any, list[str]]:
    """The value of a JSON file (UTF-8, BOM allowed), and every key that one of its objects names again.

    Of such a key the first value is kept, where `json` would keep the last in silence. NaN and Infinity come as floats.
    Raises BleedkitError where the file cannot be read or parsed.
    """
    repeated: list[str] = []

    def first_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in pairs:
            if key in values:
                repeated.append(key)
            values.setdefault(key, value)
        return values

    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=first_of_each)
    except OSError as error:
        raise BleedkitError(f"{path}: cannot be read ({error.strerror})", "check the file's permissions") from error
    except UnicodeDecodeError as error:
        raise BleedkitError(f"{path}: is not UTF-8 text (byte {error.start})", _AGAIN) from error
    except RecursionError as error:
        raise BleedkitError(f"{path}: is nested too deeply", _AGAIN) from error
    except ValueError as error:
        raise BleedkitError(f"{path}: is not JSON ({error})", _AGAIN) from error
    return value, repeated
