"""The small file that declares how a folder of LabelMe files is laid out (`--mapping`)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from .errors import BleedkitError
from .source_folder import composed


class LabelMeMapping(BaseModel):
    """Where images and labels lie. Names are relative to the dataset's root, with forward slashes.

    image: regular expression for an image's whole name without its ending; its groups `clip`, `frame` (a number) and,
    where names tell them, `patient` and `split` say what the image is. labels: name of an image's label file with those
    groups in braces, such as `labels/{clip}/{frame}.json`; "" for the JSON of the same name beside it.
    fps: frames per second of the frame numbers. first_frame: the number of frame 0, None for the clip's smallest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    image: str = r"(?:(?P<clip>.*)/)?(?:[^/]*[^/0-9])?(?P<frame>[0-9]{1,9})"
    labels: str = ""
    fps: Annotated[float, Field(gt=0, le=1000)] = 1.0
    first_frame: Annotated[int, Field(ge=0)] | None = None

    @field_validator("image")
    @classmethod
    def _has_groups(cls, value: str) -> str:
        try:
            groups = re.compile(value).groupindex
        except re.error as error:
            raise ValueError(f"is not a regular expression ({error})") from error
        for group in ("clip", "frame"):
            if group not in groups:
                raise ValueError(f"needs a group (?P<{group}>...)")
        return value

    @model_validator(mode="after")
    def _names_groups(self) -> Self:
        rest = self.labels
        for group in re.compile(self.image).groupindex:
            rest = rest.replace(f"{{{group}}}", "")
        if "{" in rest or "}" in rest:
            raise ValueError(f"labels: {self.labels!r} has braces that name no group of image")
        if self.labels and not self.labels.endswith(".json"):
            raise ValueError(f"labels: {self.labels!r} does not end in .json")
        return self

    def label_name(self, image: str, groups: Mapping[str, str]) -> str:
        """Name of the label file of an image, both without their endings."""
        if not self.labels:
            return image
        return composed(self.labels.format_map(groups).removesuffix(".json"))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read a parsed JSON or TOML file. Raises BleedkitError that names every wrong entry."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            faults = ", ".join(
                f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()
            )
            raise BleedkitError(f"mapping file: {faults}", f"entries are {', '.join(cls.model_fields)}") from error
