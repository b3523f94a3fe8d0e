"""The fields of a bleedkit dataset in FiftyOne: one image sample per frame, its labels, and how the App shows them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .fiftyone_store import add_fields

INFO_KEY: Final = "bleedkit"
PUSHED: Final = "pushed"
COLOURS: Final = {"human": "#00e676", "pseudo": "#ffc400", "model": "#40c4ff"}
REGION_COLOUR: Final = "#00b0ff"
GUESS_COLOUR: Final = "#ff4081"

_TEXT, _TEXTS, _INT, _REAL, _FLAG = "StringField", "ListField", "IntField", "FloatField", "BooleanField"
FRAME_FIELDS: Final[Mapping[str, str]] = {
    "clip_id": _TEXT,
    "frame_number": _INT,
    "timestamp_s": _REAL,
    "patient_id": _TEXT,
    "procedure_id": _TEXT,
    "site": _TEXT,
    "scenarios": _TEXTS,
    "onset": _FLAG,
    "frames_from_onset": _INT,
    "needs_review": _FLAG,
    "review_reasons": _TEXTS,
    "states": _TEXTS,
    "reviews": _TEXTS,
    "official_split": _TEXT,
    PUSHED: _TEXT,
}
LABEL_ATTRIBUTES: Final[Mapping[str, str]] = {
    "label_id": _TEXT,
    "state": _TEXT,
    "review": _TEXT,
    "annotator": _TEXT,
    "provenance": _TEXT,
}
POINT_ATTRIBUTES: Final[Mapping[str, str]] = {**LABEL_ATTRIBUTES, "visible": _FLAG, "sigma_px": _REAL}
REGION_ATTRIBUTES: Final[Mapping[str, str]] = {**LABEL_ATTRIBUTES, "target": _TEXT, "confidence": _REAL}
GUESS_ATTRIBUTES: Final[Mapping[str, str]] = {"reason": _TEXT, "provenance": _TEXT}
_SIDEBAR: Final = {
    "labels": ("points", "regions", "guesses"),
    "review": ("needs_review", "review_reasons", "states", "reviews", "onset", "frames_from_onset"),
    "clip": ("clip_id", "frame_number", "timestamp_s", "patient_id", "procedure_id", "site", "scenarios"),
}


def region_field(target: str, rank: int) -> str:
    """Field of the `rank`-th mask of a target (0: most trusted): FiftyOne holds one segmentation per field."""
    name = "".join(c if c.isalnum() else "_" for c in target.lower())
    field = "regions" if target == "region" else f"regions_{name}"
    return field if rank == 0 else f"{field}_{rank + 1}"


def split_field(name: str) -> str:
    """Field that holds a frame's part in the split of that name."""
    return "split_" + "".join(c if c.isalnum() else "_" for c in name)


def declare_fields(dataset: Any, splits: Sequence[str]) -> None:
    """Declare every field and attribute that is not there yet, so that the App can filter by it; cheap to repeat."""
    import fiftyone as fo

    keypoints = {name: fo.EmbeddedDocumentField(fo.Keypoints) for name in ("points", "guesses")}
    add_fields(dataset, {**_fields({**FRAME_FIELDS, **{split_field(name): _TEXT for name in splits}}), **keypoints})
    point = {f"points.keypoints.{name}": kind for name, kind in POINT_ATTRIBUTES.items()}
    guess = {f"guesses.keypoints.{name}": kind for name, kind in GUESS_ATTRIBUTES.items()}
    add_fields(dataset, _fields({**point, **guess}))
    declare_regions(dataset, ["regions"])
    dataset.create_index([("clip_id", 1), ("frame_number", 1)])


def declare_regions(dataset: Any, fields: Sequence[str]) -> None:
    """Declare segmentation fields that are not there yet and let the App show them."""
    import fiftyone as fo

    new = [field for field in fields if not dataset.has_sample_field(field)]
    if new:
        add_fields(dataset, {field: fo.EmbeddedDocumentField(fo.Segmentation) for field in new})
        add_fields(dataset, _fields({f"{f}.{name}": kind for f in new for name, kind in REGION_ATTRIBUTES.items()}))
        dataset.mask_targets = {**dataset.mask_targets, **{field: {255: "bleeding"} for field in new}}
        _configure_app(dataset)


def _fields(kinds: Mapping[str, str]) -> dict[str, Any]:
    """FiftyOne's field objects by path."""
    import fiftyone as fo

    return {
        path: fo.ListField(fo.StringField()) if kind == _TEXTS else getattr(fo, kind)() for path, kind in kinds.items()
    }


def _configure_app(dataset: Any) -> None:
    """Show points, regions and guesses at once: masks stay off until the active fields list them."""
    import fiftyone as fo

    schema = dataset.get_field_schema()
    regions = [name for name in schema if name.startswith("regions")]
    dataset.app_config.active_fields = fo.ActiveFields(paths=["tags", "points", *regions, "guesses"])
    dataset.app_config.color_scheme = fo.ColorScheme(
        color_by="value",
        opacity=0.4,
        multicolor_keypoints=False,
        fields=[
            {
                "path": "points",
                "fieldColor": COLOURS["human"],
                "colorByAttribute": "state",
                "valueColors": [{"value": state, "color": colour} for state, colour in COLOURS.items()],
            },
            {"path": "guesses", "fieldColor": GUESS_COLOUR},
            *(
                {
                    "path": name,
                    "fieldColor": REGION_COLOUR,
                    "maskTargetsColors": [{"intTarget": 255, "color": REGION_COLOUR}],
                }
                for name in regions
            ),
        ],
    )
    dataset.app_config.sidebar_groups = _sidebar(fo, schema, regions)
    dataset.save()


def _sidebar(fo: Any, schema: Mapping[str, Any], regions: Sequence[str]) -> list[Any]:
    groups = {name: [path for path in paths if path in schema] for name, paths in _SIDEBAR.items()}
    groups["labels"] = ["points", *regions, "guesses"]
    groups["split"] = [name for name in schema if name == "official_split" or name.startswith("split_")]
    told = {path for paths in groups.values() for path in paths} | {"tags"}
    rest = [name for name in schema if name not in told]
    folded = [fo.SidebarGroupDocument(name="metadata", paths=rest, expanded=False)]
    shown = [fo.SidebarGroupDocument(name=name, paths=paths) for name, paths in groups.items()]
    return [fo.SidebarGroupDocument(name="tags"), *shown, *folded]
