"""ReviewDesk: the server's side of the Review panel. It opens clips, takes decisions, and says what the panel shows."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from ...datasets.images import read_image
from ...datasets.mask_file import read_mask_png
from ...datasets.schema import Review
from ..fiftyone_dataset import load_dataset
from ..fiftyone_store import read_samples
from ..frame_files import frame_files, mask_files
from .clip_review import ClipReview
from .clip_state import ClipLabels, ClipPictures, Json, item_json
from .decision import NEVER, Action, Decision
from .decision_rows import REGION_TARGET
from .queue import Order, assigned, clip_items, targets_of
from .renewal import Renewal
from .resmooth import Images, Resmoother
from .session import ReviewSession
from .wish import Wish
from .worklist import Worklist, first_look

SHOWN_ITEMS: Final = 100  # of the queue, in the browser


class ReviewDesk:
    """One reviewer at one cohort, pushed as FiftyOne dataset `name`. team: all reviewers among whom clips are shared.

    Requests come in threads and are taken one after another. Raises BleedkitError where the team lacks the reviewer.
    """

    def __init__(
        self,
        cohort: Cohort,
        reviewer: str,
        name: str,
        *,
        order: Order = "gain",
        team: Sequence[str] = (),
        resmoother: Resmoother | None = None,
    ) -> None:
        if team and reviewer not in team:
            raise BleedkitError(f"{reviewer} is none of the team {', '.join(team)}", "name everybody in --team")
        self.cohort, self.name = cohort, name
        self.session = ReviewSession(cohort, reviewer, images_of=self._images_of, resmoother=resmoother)
        clips = assigned(list(cohort.clips), team, reviewer) if team else list(cohort.clips)
        scenarios = {clip_id: clip.scenarios for clip_id, clip in cohort.clips.items()}
        first = first_look(cohort, clips, self.session.decisions)
        self.work = Worklist(clips, self.session.clip, order, scenarios, first)
        self.renewal = Renewal(cohort, name)
        self._pictures: dict[str, ClipPictures] = {}
        self._lock = threading.Lock()

    def open(self, clip_id: str = "", frame: int | None = None) -> Json:
        """A clip with pictures and labels, by default the one that comes first; and the queue.

        Raises BleedkitError where there is no such clip.
        """
        with self._lock:
            first = self.work.items()[:1]
            if not clip_id:
                clip_id, frame = (first[0].clip_id, first[0].frame) if first else (self.work.clips[0], frame)
            pictures = self._pictures_of(clip_id)
            at = frame if frame in pictures.files else min(pictures.files, default=0)
            return {"pictures": pictures.to_json(), "frame": at, **self._state(clip_id)}

    def decide(self, wish: Wish) -> Json:
        """Take a decision; returns the clip's labels and the queue after it, and in `said` what was done.

        Raises BleedkitError, and decides nothing, where the wish makes no sense, or was made on a screen that did not
        show the reviewer's last decision yet.
        """
        with self._lock:
            if wish.seen != self._last():
                raise BleedkitError("the screen was not up to date", "look again, then decide")
            taken = self._take(wish, self.session.clip(wish.clip_id))
            self.work.changed(wish.clip_id)
            self.renewal.wants(wish.clip_id)
            return {"said": said(taken, wish.action), **self._state(wish.clip_id)}

    def keypoints(self, clip_id: str, frame: int) -> list[list[float]]:
        """The tissue points near the targets on one frame, read from the cohort when asked for: (x, y) in pixels."""
        return [[one.x, one.y] for one in self.cohort.keypoints(clip_id) if one.frame == frame and one.visible]

    def place_of(self, sample_id: str) -> Json:
        """Clip and frame of a FiftyOne sample. Raises BleedkitError where it is none of this cohort's."""
        from bson import ObjectId

        found = load_dataset(self.name)._sample_collection.find_one({"_id": ObjectId(sample_id)})
        if found is None or found.get("clip_id") not in self.cohort.clips:
            raise BleedkitError(f"sample {sample_id} is none of {self.cohort.folder}", "push the cohort again")
        return {"clip_id": found["clip_id"], "frame": found["frame_number"]}

    def _take(self, wish: Wish, review: ClipReview) -> Decision:
        session, clip_id, frame, seconds = self.session, wish.clip_id, wish.frame, wish.seconds
        point = review.points(wish.target).get(frame)
        guess = review.flagged.get((frame, wish.target))
        match wish.action:
            case "accept" if wish.scope == "frame" and point is None and guess is not None and guess.x == guess.x:
                # The engine would not label it, the reviewer does.
                taken = session.move(clip_id, frame, (guess.x, guess.y), target=wish.target, seconds=seconds)
            case "accept":
                several = len(targets_of(review)) > 1
                target = wish.target if several else ""
                taken = session.accept(clip_id, self._frames(wish, review), target=target, seconds=seconds)
            case "reject":
                target = wish.target if point is not None else ""
                taken = session.reject(clip_id, [frame], target=target, seconds=seconds)
            case "move":
                taken = session.move(clip_id, frame, wish.xy, target=wish.target, seconds=seconds)
            case "hide":
                hidden = [frame] if wish.scope == "frame" else self._stretch(wish, review)
                taken = session.hide(clip_id, hidden, target=wish.target, seconds=seconds)
            case "onset" | "never":
                taken = session.onset(clip_id, frame if wish.action == "onset" else NEVER, seconds=seconds)
            case "redraw":
                mask = wish.drawn(review.clip.size, self._region(review, frame))
                taken = session.redraw(clip_id, frame, mask, seconds=seconds)
            case "clear":
                taken = session.clear(clip_id, frame, seconds=seconds)
            case "comment":
                taken = session.comment(clip_id, frame, wish.text)
            case _:
                taken = session.undo(clip_id)
        return taken

    def _frames(self, wish: Wish, review: ClipReview) -> list[int]:
        """The frames that an acceptance means: of a segment or clip, those that nobody has judged yet."""
        if wish.scope == "frame":
            return [wish.frame]
        if wish.scope == "segment":
            frames = self.session.segment(wish.clip_id, wish.frame, wish.target)
        else:
            frames = sorted(review.points(wish.target))
        points = review.points(wish.target)
        return [at for at in frames if points[at].state != "human" and points[at].review is Review.UNREVIEWED]

    def _stretch(self, wish: Wish, review: ClipReview) -> list[int]:
        """The queue's run that holds the frame: what nobody has settled between two people's labels, guesses too."""
        runs = [item.frames for item in clip_items(review) if item.target == wish.target and wish.frame in item.frames]
        if not runs:
            raise BleedkitError(f"frame {wish.frame} is in no open stretch", "h hides the point on this frame alone")
        return list(runs[0])

    def _region(self, review: ClipReview, frame: int) -> np.ndarray | None:
        shown = [mask for mask in review.regions().get(frame, ()) if mask.target == REGION_TARGET]
        return read_mask_png(self.cohort.mask_path(shown[0])) if shown else None

    def _state(self, clip_id: str) -> Json:
        review, items = self.session.clip(clip_id), self.work.items()
        progress = asdict(self.work.progress(self.session.decisions))
        seconds = progress["seconds"] if progress["seconds"] == progress["seconds"] else None
        return {
            "labels": ClipLabels.of(review, mask_files(self.cohort, review.view())).to_json(),
            "queue": [item_json(item) for item in items[:SHOWN_ITEMS]],
            "left": len(items),
            "progress": {**progress, "seconds": seconds, "reviewer": self.session.reviewer, "order": self.work.order},
            "seen": self._last(),
            "behind": self.renewal.failure,
        }

    def _last(self) -> int:
        return self.session.decisions[-1].number if self.session.decisions else 0

    def _pictures_of(self, clip_id: str) -> ClipPictures:
        if clip_id not in self._pictures:
            review = self.session.clip(clip_id)
            there = read_samples(load_dataset(self.name), clip_id, ["_id"])
            samples = {frame: str(document["_id"]) for frame, document in there.items()}
            self._pictures[clip_id] = ClipPictures(review.clip, frame_files(self.cohort, review.view()), samples)
        return self._pictures[clip_id]

    def _images_of(self, clip_id: str) -> Images:
        """Pictures as the reviewer sees them: of a video its JPEGs, as decoding it anew would take seconds."""
        files = self._pictures_of(clip_id).files

        def images(frames: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
            for frame in sorted(set(frames) & set(files)):
                yield frame, read_image(Path(files[frame]))

        return images


def said(decision: Decision, wished: str) -> str:
    """What a decision did, in a line. wished: what the reviewer asked for; accepting a guess puts a point there."""
    first, last, n = min(decision.frames), max(decision.frames), len(decision.frames)
    where = f"frame {first}" if n == 1 else f"{n} frames, {first} to {last}"
    if decision.frames == (NEVER,):
        where = "never" if decision.action is Action.ONSET else "onset never"
    is_guess = wished == "accept" and decision.action is Action.MOVE
    text = f"accept the guess on {where}" if is_guess else f"{decision.action} {where}"
    if decision.track:
        doubted = sum(bool(point.reason) for point in decision.track)
        text += f"; {len(decision.track)} frames tracked anew, {doubted} of them not trusted"
    return text
