"""Finished clips into one cohort: files moved to their places, tables joined and committed last."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from ... import __version__
from ..cohort import Cohort, CohortMeta, write_tables
from ..media_copy import MEDIA
from ..schema import Provenance
from ..split import save_split
from ..split_official import official_split
from ..tables import concat, table_of
from ..transaction import transaction
from .clip_plan import PlannedClip
from .clip_truth import FOLDER, write_index

PHANTOM_VERSION: Final = "1.0.0"
LICENCE: Final = "CC0-1.0 for the pictures and labels; the code that makes them is Apache-2.0"
CITATION: Final = "The bleedkit phantom: simulated surgical bleeding with exact ground truth, version 1.0.0"
_TABLES: Final = ("clips", "frames", "points", "masks", "onsets", "hashes")
_FILES: Final = (MEDIA, "masks", FOLDER)


def write_cohort(
    out: Path, units: Sequence[Path], plans: Sequence[PlannedClip], run: Provenance, settings: Mapping[str, Any]
) -> None:
    """Make `out` a cohort of the finished clips in `units`, in the order of `plans`. Call under `locked`.

    Files are renamed into place first, which can be repeated after a kill; the tables come as one commit, and only they
    make the folder a cohort.
    """
    for unit in units:
        _move_files(unit, out)
    write_index(out, [plan.row.clip_id for plan in plans])
    meta = CohortMeta(
        name=f"phantom-{settings['preset']}",
        source="phantom",
        source_version=PHANTOM_VERSION,
        licence=LICENCE,
        citation=CITATION,
        builder_version=PHANTOM_VERSION,
        code_version=__version__,
        media_root=MEDIA,
        extra={"phantom": dict(settings)},
    )
    tables = {name: concat([pq.read_table(unit / f"{name}.parquet") for unit in units], name) for name in _TABLES}
    with transaction(out) as staging:
        write_tables(staging, meta, tables | {"provenance": table_of("provenance", [run])})
        cohort = Cohort(staging)
        split = official_split(cohort)
        if split is not None:
            save_split(cohort, split)


def _move_files(unit: Path, out: Path) -> None:
    for kind in _FILES:
        for path in sorted((unit / kind).rglob("*")):
            if path.is_file():
                place = out / path.relative_to(unit)
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, place)
