"""From predictions.parquet to RegionPointRows: masks are compared once, frame by frame, however many metrics ask."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import pyarrow as pa

from ...datasets.errors import BleedkitError
from ...datasets.progress import track
from .mask_code import GRID, encode_mask
from .mask_runs import BadCodeError, MaskRuns, edges, mask_runs, shared_area
from .point_rows import flags, points, reals
from .region_distance import region_distance
from .region_point_rows import RegionPointRows
from .row_index import RowIndex, row_index

CHUNK: Final = 256  # frames at once: some ten megabytes
LONG: Final = 40  # chunks, some seconds: with fewer, a bar would only flicker inside the caller's


def region_point_rows(table: pa.Table) -> RegionPointRows:
    """The rows of a region-point table.

    A model whose every mask is null draws no regions, and none is known; so give all of its rows at once. Raises
    BleedkitError where a mask is not as encode_mask writes it.
    """
    index = row_index(table)
    answered = np.asarray(table["mask"].is_valid())
    known = np.asarray(table["true_mask"].is_valid()) & answered.any()
    return RegionPointRows(
        index,
        points(table, "x", "y"),
        reals(table, "confidence"),
        points(table, "true_x", "true_y"),
        flags(table, "true_visible"),
        np.asarray(table["true_visible"].is_valid()),
        known,
        known & answered,
        *_compared(table, index, known),
    )


def _compared(table: pa.Table, index: RowIndex, known: np.ndarray) -> np.ndarray:
    """Pixels in both, area, true area, 95 % Hausdorff distance and boundary F, (5, N)."""
    compared = np.zeros((5, len(table)))
    compared[3:] = np.nan
    rows = np.flatnonzero(known)
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]

    def work(chunk: np.ndarray) -> np.ndarray:
        masks, true = (_runs(table, name, index, chunk) for name in ("mask", "true_mask"))
        return _pairs(masks, true, index.size[chunk])

    # Threads and not processes: most of the time goes into SciPy's trees and NumPy's sorts, which do not hold the
    # interpreter's lock, and nothing has to be sent anywhere.
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        results = pool.map(work, chunks)
        if len(chunks) > LONG:
            results = track(results, "compare masks", len(chunks))
        for chunk, found in zip(chunks, results, strict=True):
            compared[:, chunk] = found
    compared[4, known & ~np.asarray(table["mask"].is_valid())] = 0.0
    return compared


def _runs(table: pa.Table, name: str, index: RowIndex, chunk: np.ndarray) -> MaskRuns:
    """The masks of a column; one that is null is empty."""
    empty = encode_mask(np.zeros((GRID, GRID), bool))
    codes: Sequence[bytes | None] = table[name].take(pa.array(chunk)).to_pylist()
    try:
        return mask_runs([empty if code is None else code for code in codes])
    except BadCodeError as error:
        row = chunk[error.place]
        where = f"predictions of {index.clips[index.clip[row]].clip_id} frame {index.frame[row]}"
        what = f"{where}: {name} is not the run lengths of a {GRID}x{GRID} mask"
        raise BleedkitError(what, "evaluate the model again") from error


def _pairs(masks: MaskRuns, true: MaskRuns, size: np.ndarray) -> np.ndarray:
    """Each mask beside its true one, (5, n); size (n, 2): width and height of the stored frames."""
    area, true_area = masks.area(), true.area()
    # Two empty regions have the same boundary; of one that is not there, nothing is right (DAVIS's code).
    hausdorff, boundary = np.full(masks.n, np.nan), ((area == 0) & (true_area == 0)).astype(np.float64)
    places = [(np.searchsorted(mask, np.arange(masks.n + 1)), xy) for mask, xy in (edges(masks), edges(true))]
    for i in np.flatnonzero((area > 0) & (true_area > 0)):
        found, known = (xy[at[i] : at[i + 1]] for at, xy in places)
        hausdorff[i], boundary[i] = region_distance(found, known, size[i], GRID)
    return np.stack([shared_area(masks, true), area, true_area, hausdorff, boundary])
