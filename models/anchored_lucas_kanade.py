"""Lucas-Kanade that looks back at its first frame and is carried by its neighbours while it is hidden.

Chained Lucas-Kanade drifts, and an instrument that passes takes its points along for good. Three remedies, frame by
frame: (1) the patch of the first frame is searched again around the chained place, which takes the drift out as long
as the tissue still looks alike (the `direct` link of MFT, Neoral et al., WACV 2024); (2) the neighbours' robust local
motion says where each point should be; (3) a point that neither looks like itself nor moves with its neighbours is
hidden: it is carried by them and picked up again where its first patch is found once more. Where too few of them are
left, it takes the steps of the tissue at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Final

import numpy as np

from .local_motion import carried_by_neighbours
from .lucas_kanade import LucasKanade
from .patch_likeness import likeness, patches
from .point_tracker import PointTracks, scaled

_QUORUM: Final = 1.0  # weight of agreeing neighbours from which their prediction counts


@dataclass(frozen=True, eq=False)
class _State:
    """One frame's answer: xy (N, 2), error (N,), hidden (N,)."""

    xy: np.ndarray
    error: np.ndarray
    hidden: np.ndarray


@dataclass(frozen=True, eq=False)
class _Home:
    """The first frame: gray (H, W) uint8, the points' xy (N, 2) there, and their patches' looks (N, P)."""

    gray: np.ndarray
    xy: np.ndarray
    looks: np.ndarray


class AnchoredLucasKanade:
    """Points tracked together, each other's neighbours. Lengths in pixels of a picture REFERENCE_WIDTH wide.

    reach: distance at which a neighbour counts half. agree: how far from its neighbours' prediction a point may be to
    be believed. alike: correlation with its first patch from which a point is believed against its neighbours. unlike:
    correlation below which a point is hidden even where it moves with them. back: allowed forward-backward miss of one
    step. leap: farthest that neighbours may carry a hidden point in one step. patch: side of the patch that is
    correlated, but never under 15 pixels of the picture itself.
    """

    causal: ClassVar[bool] = True

    def __init__(
        self,
        *,
        reach: float = 60.0,
        agree: float = 8.0,
        alike: float = 0.92,
        unlike: float = 0.3,
        back: float = 2.0,
        leap: float = 30.0,
        patch: float = 25.0,
    ) -> None:
        self._reach, self._agree, self._alike, self._unlike = reach, agree, alike, unlike
        self._back, self._leap, self._patch = back, leap, patch
        self._search = LucasKanade()

    def encode(self, frame: np.ndarray) -> np.ndarray:
        """The frame in gray, (H, W) uint8."""
        return self._search.encode(frame)

    def track(self, encoded: Sequence[np.ndarray], start: np.ndarray) -> PointTracks:
        """Follow points frame by frame, carried where hidden."""
        start = np.asarray(start, np.float32)
        home = _Home(encoded[0], start, patches(encoded[0], start, self._half(encoded[0])))
        none = np.zeros(len(start), np.float32)
        states = [_State(start, none, none.astype(bool))]
        for before, now in pairwise(encoded):
            states.append(self._next(home, before, now, states[-1]))
        return PointTracks(*(np.stack([getattr(s, name) for s in states]) for name in ("xy", "error", "hidden")))

    def _next(self, home: _Home, before: np.ndarray, now: np.ndarray, last: _State) -> _State:
        width, half = now.shape[1], self._half(now)
        back, agree = max(0.5, scaled(self._back, width)), max(2.0, scaled(self._agree, width))
        moved, error = self._search.step(before, now, last.xy)
        alike = likeness(home.looks, patches(now, moved, half))
        chained = (error <= back) & ~last.hidden
        predicted, support = carried_by_neighbours(
            home.xy,
            moved,
            np.where(chained, np.clip(alike, 0.05, 1), 0.0),
            reach=scaled(self._reach, width),
            scale=agree / 2,
        )
        guess = np.where((last.hidden & (support > 0))[:, None], predicted, moved)
        again, miss = self._search.step(home.gray, now, home.xy, guess)
        alike_again = likeness(home.looks, patches(now, again, half))
        near = np.linalg.norm(again - guess, axis=1) <= agree
        anchored = near & (miss <= back) & (alike_again >= np.maximum(alike, self._alike))
        xy = np.where(anchored[:, None], again, moved)
        off = np.linalg.norm(xy - predicted, axis=1)
        with_them = (off <= agree) & (support > _QUORUM) & (alike >= self._unlike)
        seen = anchored | (chained & (with_them | (alike >= self._alike)))
        led = (support > _QUORUM) & ~self._leaps(predicted - last.xy, width)
        xy = np.where(seen[:, None], xy, predicted)
        if not (seen | led).all():
            xy = np.where((seen | led)[:, None], xy, self._stepped(last.xy, moved, error <= back, width))
        return _State(xy, np.where(anchored, miss, error), ~seen)

    def _stepped(self, xy: np.ndarray, moved: np.ndarray, followed: np.ndarray, width: int) -> np.ndarray:
        """One step with the tissue at hand, for points (N, 2) whose first neighbours no longer say where they belong.

        Tissue that is pulled soon looks like nothing in the first frame, and moves on all the same.
        """
        agree = max(2.0, scaled(self._agree, width)) / 2
        around, support = carried_by_neighbours(
            xy, moved, followed.astype(float), reach=scaled(self._reach, width), scale=agree
        )
        with_them = followed & (np.linalg.norm(moved - around, axis=1) <= agree)
        stepped = np.where(with_them[:, None], moved, around)
        stays = (support <= _QUORUM) | self._leaps(stepped - xy, width)
        return np.where(stays[:, None], xy, stepped)

    def _leaps(self, step: np.ndarray, width: int) -> np.ndarray:
        return np.linalg.norm(step, axis=1) > max(8.0, scaled(self._leap, width))

    def _half(self, gray: np.ndarray) -> int:
        return max(7, int(scaled(self._patch, gray.shape[1]) / 2))
