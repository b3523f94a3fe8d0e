"""Export of a split to nnU-Net's `splits_final.json`.

Format: a list with one `{"train": [...], "val": [...]}` of case names per fold (nnU-Net v2, `do_split` in
nnUNetTrainer.py). nnU-Net has no test part in that file: a ratio split's test patients are left out, and a
cross-validation's held-out patients, which we call `test`, are its `val`.
"""

import json
from collections.abc import Mapping

from .clip_strata import clip_strata
from .cohort import Cohort
from .errors import BleedkitError
from .split import Split


def nnunet_splits(cohort: Cohort, split: Split) -> str:
    """The text of `splits_final.json`: a case is a frame with a region label, named `<clip id>_<frame, 6 digits>`.

    `/` in a clip id becomes `__`, as a case name is a file name. Raises BleedkitError where no frame has a region.
    """
    cases = _cases(cohort)
    folds = []
    for fold, parts in enumerate(split.folds):
        held = "val" if "val" in parts.values() else "test"
        lists: Mapping[str, list[str]] = {"train": [], "val": []}
        for row in clip_strata(cohort):
            part = split.part(row.clip, fold)
            if part in ("train", held):
                lists["train" if part == "train" else "val"].extend(cases.get(row.clip.clip_id, []))
        folds.append({name: sorted(found) for name, found in lists.items()})
    return json.dumps(folds, indent=2) + "\n"


def _cases(cohort: Cohort) -> dict[str, list[str]]:
    table = cohort.label_table("masks").select(["clip_id", "frame"])
    frames = sorted({(row["clip_id"], row["frame"]) for row in table.to_pylist()})
    if not frames:
        raise BleedkitError(f"{cohort.folder} has no region labels", "nnU-Net needs masks; leave out --nnunet")
    cases: dict[str, list[str]] = {}
    for clip_id, frame in frames:
        cases.setdefault(clip_id, []).append(f"{clip_id.replace('/', '__')}_{frame:06d}")
    return cases
