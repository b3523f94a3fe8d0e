"""Checks that the phantom's settings share: each says in one line which field is wrong."""

import math


def check_finite(config: object) -> None:
    """Raise ValueError unless every float of a dataclass, or of its tuples, is finite."""
    for name, value in vars(config).items():
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float) and not math.isfinite(number):
                raise ValueError(f"{type(config).__name__}.{name} must be finite, got {value}")


def check_positive(config: object, *names: str) -> None:
    """Raise ValueError unless the named fields are above 0; None passes."""
    for name in names:
        value = getattr(config, name)
        if value is not None and not value > 0:
            raise ValueError(f"{type(config).__name__}.{name} must be above 0, got {value}")


def check_not_negative(config: object, *names: str) -> None:
    """Raise ValueError unless the named fields are 0 or more."""
    for name in names:
        if getattr(config, name) < 0:
            raise ValueError(f"{type(config).__name__}.{name} must be 0 or more, got {getattr(config, name)}")
