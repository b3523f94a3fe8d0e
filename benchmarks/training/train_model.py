"""From names to a finished run: what `bleedkit bench train` calls, and a notebook may."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from ..evaluation.whose_truth import PEOPLES_WORD, Truth, told_truth
from .cached_clips import Part, cached_clips, data_facts, part_clips
from .distributed import Ranks, together
from .frame_cache import FrameCache
from .order import Order
from .recipe import Recipe
from .run import Trained, train
from .trainable_models import MODELS, Wish


def train_model(
    name: str,
    cohort: Cohort,
    part: Part,
    out: Path,
    *,
    wish: Wish,
    recipe: Recipe,
    cache: Path | None = None,
    truth: Truth = PEOPLES_WORD,
    say: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Train the model of that name on one part of a split, into `out`, or go on with it there.

    cache: folder of the small frames and of the flows between them, which several runs may share; by default `frames`
    in `out`. truth: what counts as people's labels; a consensus is recorded among the facts.
    Started by torchrun, the processes share the work. Raises BleedkitError where data, split, weights or settings do
    not go together, and for what `train` raises.
    """
    entry, ranks = MODELS[name], Ranks.of_environment()
    if entry.lengths_differ and recipe.batch > 1:
        raise BleedkitError(f"items of {name} differ in length, so that a batch holds one", "leave --batch at 1")
    if wish.mdg and not entry.mdg:
        raise BleedkitError(f"{name} has no MDG block to be trained with", "leave --mdg out; it is for track")
    device = ranks.device(wish.resources.device)
    notes = told_truth(truth, _counted(cohort, part, truth)) if truth.run else []
    for note in notes if ranks.writes else ():
        say(note)
    with together(ranks, device):
        folder = cache or out / "frames"
        frames = FrameCache(folder, entry.pictures[wish.size])
        with ranks.first_here_first():
            clips = cached_clips(cohort, part, frames, states=entry.labels, truth=truth)
        resources = replace(wish.resources, device=str(device))
        wish = replace(wish, resources=resources, flow_folder=wish.flow_folder or folder / "flows")
        try:
            items = entry.items(clips, recipe.seed, cohort)
        except ValueError as error:
            raise BleedkitError(f"{cohort.folder}: {error}", "see what is labelled: bleedkit data stats") from error
        steps = recipe.schedule(Order(len(items), recipe.batch, ranks.world, recipe.seed).steps_per_epoch).steps
        torch.manual_seed(recipe.seed)  # what is drawn at first is the same in every process
        made = entry.make(wish, items, steps)
        settings = {"model": name, "size": wish.size, "flow": wish.flow, "mdg": wish.mdg, "weights": dict(made.weights)}
        tables = {f"{table}_digest": cohort.meta.digests.get(table, "") for table in entry.tables}
        facts = {**settings, **data_facts(cohort, part, clips), **tables, **truth.told}
        facts |= {"truth_notes": notes} if notes else {}
        trained = train(made.task, recipe, out, facts=facts, device=str(device), ranks=ranks, say=say)
        if made.export is not None and ranks.writes:
            made.export(out)
        return trained


def _counted(cohort: Cohort, part: Part, truth: Truth) -> Counter[str]:
    """What the truth decides and leaves open in the clips that are learnt from."""
    wanted, found = part_clips(cohort, part), Counter[str]()
    for view in cohort.stream():
        found.update(truth.count(view) if view.clip.clip_id in wanted else ())
    return found
