"""Checks for the arrays that cross a boundary: shape and dtype once, so code behind them checks nothing again."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def check_array(name: str, array: object, shape: Sequence[int | str], dtype: npt.DTypeLike) -> None:
    """Raise ValueError unless `array` is an ndarray of `dtype` and `shape`; a str in `shape` fits any length."""
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} must be a numpy array, got {type(array).__name__}")
    wanted = "(" + ", ".join(str(n) for n in shape) + ")"
    fits = array.ndim == len(shape) and all(
        isinstance(want, str) or want == got for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{name} must have shape {wanted}, got {array.shape}")
    if array.dtype != np.dtype(dtype):
        raise ValueError(f"{name} must be {np.dtype(dtype)}, got {array.dtype}")
