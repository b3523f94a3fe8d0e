"""Tags on samples and labels: two of them are verdicts, all others are the user's own and survive every push."""

from typing import Any, Final

VERDICTS: Final = ("accepted", "rejected")


def verdicts(tags: object) -> list[str]:
    """Those of the tags by which a reviewer judges a sample or a label."""
    return [tag for tag in VERDICTS if tag in tags] if tags and isinstance(tags, (list, tuple)) else []


def with_user_tags(value: Any, stored: Any) -> Any:
    """A label field's new value with the user's own tags of the labels it replaces: same label id, else same name."""
    tags: dict[str, list[str]] = {}
    for label in _labels(stored):
        own = [tag for tag in label.get("tags") or () if tag not in VERDICTS]
        tags.update({_name(label): own, str(label.get("label_id")): own} if own else {})
    if not tags:
        return value
    labels = [
        {**label, "tags": tags.get(str(label.get("label_id")), tags.get(_name(label), []))} for label in _labels(value)
    ]
    return {**value, "keypoints": labels} if "keypoints" in value else labels[0]


def _labels(value: Any) -> list[dict[str, Any]]:
    """The keypoints of a Keypoints document, or the one label that the value is."""
    if not isinstance(value, dict):
        return []
    return value.get("keypoints") or ([value] if value.get("_cls") == "Segmentation" else [])


def _name(label: dict[str, Any]) -> str:
    return f"{label.get('label') or label.get('target')}"
