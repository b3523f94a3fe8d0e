"""The FiftyOne dataset of a cohort: made, found again, and never mistaken for another's."""

from typing import Any

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from .fiftyone_fields import INFO_KEY


def open_dataset(cohort: Cohort, name: str) -> Any:
    """The FiftyOne dataset `name`, pushed from this cohort. Raises BleedkitError where it is another's or not there."""
    dataset = load_dataset(name)
    theirs, mine = dataset.info.get(INFO_KEY), _identity(cohort)
    if theirs is None or any(theirs.get(key) != value for key, value in mine.items()):
        whose = f"holds cohort {theirs.get('cohort')!r}" if theirs else "was not made by bleedkit"
        what = f"FiftyOne dataset {name!r} {whose}, not {mine['cohort']!r} of {mine['source']}"
        raise BleedkitError(what, "choose another --name")
    return dataset


def make_dataset(cohort: Cohort, name: str, tags_of_split: str = "") -> Any:
    """Open the dataset, or make it, persistent and marked as this cohort's. Raises as `open_dataset` does.

    tags_of_split: name of the split whose parts are sample tags, "" for none.
    """
    import fiftyone as fo

    dataset = fo.load_dataset(name) if fo.dataset_exists(name) else fo.Dataset(name, persistent=True)
    if INFO_KEY not in dataset.info and not len(dataset):  # new, or a push was killed right after making it
        dataset.media_type = "image"
        dataset.persistent = True
        _describe(dataset, cohort, tags_of_split)
    dataset = open_dataset(cohort, name)
    _describe(dataset, cohort, tags_of_split)
    return dataset


def load_dataset(name: str) -> Any:
    """Any FiftyOne dataset by name, fresh from the database. Raises BleedkitError, listing what is there."""
    import fiftyone as fo

    if not fo.dataset_exists(name):
        known = ", ".join(fo.list_datasets()) or "none"
        remedy = f"make it with 'bleedkit annotate push COHORT --name {name}'"
        raise BleedkitError(f"FiftyOne has no dataset {name!r} (there: {known})", remedy)
    dataset = fo.load_dataset(name)
    dataset.reload()
    return dataset


def _identity(cohort: Cohort) -> dict[str, str]:
    return {"cohort": cohort.meta.name, "source": cohort.meta.source}


def _describe(dataset: Any, cohort: Cohort, tags_of_split: str) -> None:
    """Tell in the dataset's info whose it is and which runs made its labels."""
    runs = {
        run_id: {"kind": run.kind, "config": run.config_json, "code_version": run.code_version}
        for run_id, run in cohort.provenance().items()
    }
    told = {
        **_identity(cohort),
        "digest": cohort.digest,
        "licence": cohort.meta.licence,
        "tags_of_split": tags_of_split,
        "provenance": runs,
    }
    if dataset.info.get(INFO_KEY) != told:
        dataset.info = {**dataset.info, INFO_KEY: told}
        dataset.save()
