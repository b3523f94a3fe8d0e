"""`--patients map.csv`: which patient a clip, folder or file belongs to, said by the user."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .errors import BleedkitError

COLUMNS: Final = ("name", "patient_id")
_REMEDY: Final = "write a CSV with the columns name,patient_id, one row a clip"


def read_patient_map(path: Path) -> Mapping[str, str]:
    """Read a CSV (UTF-8, BOM and CRLF allowed) of the columns `name` and `patient_id`, in any order, others ignored.

    Raises BleedkitError that lists every bad row by its line: blanks, and names given to two patients.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BleedkitError(f"{path} cannot be read ({error.strerror})", "check the path and permissions") from error
    except UnicodeDecodeError as error:
        raise BleedkitError(f"{path} is not UTF-8 text (byte {error.start})", "save it as CSV UTF-8") from error
    return parse_patient_map(text, str(path))


def parse_patient_map(text: str, file: str) -> Mapping[str, str]:
    """`read_patient_map` for text; `file` goes into errors."""
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="")
    try:
        header = [column.strip() for column in reader.fieldnames or ()]
        if not set(COLUMNS) <= set(header):
            raise BleedkitError(f"{file}: its first line must name the columns name,patient_id", _REMEDY)
        reader.fieldnames = header
        patients, faults = _patients(reader)
    except csv.Error as error:
        raise BleedkitError(f"{file} line {reader.line_num}: is not CSV ({error})", _REMEDY) from error
    if faults:
        raise BleedkitError(f"{file}: {'; '.join(faults)}", "give every name one patient")
    if not patients:
        raise BleedkitError(f"{file}: names no patient", _REMEDY)
    return patients


def _patients(reader: "csv.DictReader[str]") -> tuple[dict[str, str], list[str]]:
    patients: dict[str, str] = {}
    faults = []
    for row in reader:
        name, patient = ((row[column] or "").strip() for column in COLUMNS)
        if not name or not patient:
            faults.append(f"line {reader.line_num}: {'name' if not name else 'patient_id'} is blank")
        elif patients.setdefault(name, patient) != patient:
            faults.append(f"line {reader.line_num}: {name!r} is {patients[name]!r} already, now {patient!r}")
    return patients, faults
