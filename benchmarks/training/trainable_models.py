"""The models that `bleedkit bench train` trains, by name: how each is made, fed, and with which recipe by default."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from torch import nn

from ...datasets.cohort import Cohort
from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...datasets.keypoint_table import KEYPOINTS
from ...datasets.schema import ImageSize, LabelState
from ...models.bleedorigin.adapters import Adapters, AdapterSettings
from ...models.bleedorigin.onset_network import OnsetNetwork
from ...models.bleedorigin.source_network import SourceNetwork
from ...models.bleedorigin.track_network import TrackNetwork
from ...models.bloodet.load import bloodet_tensors, start_from_sam2
from ...models.bloodet.network import BlooDet
from ...models.bloodet.parameters import ENCODER_RATE, RATE
from ...models.bloodet.size import BASE_PLUS, TINY
from ...models.flows import FLOWS
from ...models.stage import CPU, Resources
from ...models.track_on.network import TrackOn
from ...models.weights import fit_weights, load_weights, weights_file
from .cached_clips import CachedClip
from .clip_labels import DENSE, HUMAN
from .clip_windows import ClipWindows
from .onset_task import OnsetClips, OnsetTask
from .recipe import Recipe
from .region_point_task import RegionPointTask
from .source_task import LabelledPictures, SourceTask
from .task import Items, Task
from .track_task import TrackRuns, TrackTask

Size = Literal["full", "tiny"]
PRETRAINED: Final = "pretrained"
RANDOM: Final = "random"
WINDOW: Final = 60  # frames, N of BleedOrigin 4.1.1


@dataclass(frozen=True)
class Wish:
    """What somebody wants trained. size: `full` is the paper's, `tiny` the same code small enough for a CPU.

    init: `pretrained`, what the paper starts from; `random`, said outright; or a file of this model's own weights.
    flow: a name of FLOWS; resources: device, and the files of weights by name.
    """

    size: Size = "full"
    init: str = PRETRAINED
    flow: str = "dis"
    resources: Resources = field(default_factory=lambda: CPU)


@dataclass(frozen=True)
class Made:
    """A task, and what its first weights were: digests by name, `random` where they were drawn.

    export: writes what others load from the finished run's folder beside the weights; None where those are all.
    """

    task: Task[Any]
    weights: Mapping[str, str]
    export: Callable[[Path], None] | None = None


@dataclass(frozen=True)
class Trainable:
    """An entry of MODELS. pictures: size of the frames by size of the model. labels: whose count. recipe: the paper's.

    items: what the clips, and their cohort, give to learn from, with a seed for what is drawn. make: the task on such
    items, for a training of so many steps. lengths_differ: items do not stack, so that a batch holds one. tables: of
    the cohort, that items read beside frames and labels.
    """

    pictures: Mapping[Size, ImageSize]
    labels: Collection[LabelState]
    recipe: Recipe
    items: Callable[[Sequence[CachedClip], int, Cohort], Items[Any]]
    make: Callable[[Wish, Any, int], Made]
    lengths_differ: bool = False
    tables: Collection[str] = ()


def _bloodet(wish: Wish, items: ClipWindows, _steps: int) -> Made:
    tiny = wish.size == "tiny"
    model = BlooDet(flow=FLOWS[wish.flow].build(wish.resources), size=TINY if tiny else BASE_PLUS)
    found = _first_weights(wish, model, None if tiny else "sam2_base_plus", start_from_sam2, bloodet_tensors)
    # What SAM 2 has learnt is to be kept, what was drawn has to be learnt.
    rate = ENCODER_RATE if wish.init != RANDOM else RATE
    task = RegionPointTask(model, items, encoder_rate=rate)
    return Made(task, {**found, **_flow_weights(wish)})


def _onset(wish: Wish, items: OnsetClips, _steps: int) -> Made:
    flow = FLOWS[wish.flow].build(wish.resources)
    if wish.size == "tiny":
        model = OnsetNetwork(
            flow=flow, window=WINDOW, size=(48, 64), channels=8, width=32, memory=2, layers=2, heads=4, dropout=0.0
        )
    else:
        model = OnsetNetwork(flow=flow, window=WINDOW, checkpointed=True)
    found = _first_weights(wish, model, None)
    rate = 1e-3 if wish.size == "tiny" else 1e-5
    return Made(OnsetTask(model, items, learning_rate=rate), {**found, **_flow_weights(wish)})


def _source(wish: Wish, items: LabelledPictures, _steps: int) -> Made:
    tiny = wish.size == "tiny"
    encoder = "pe_spatial_tiny" if tiny else "pe_spatial_448"
    file = weights_file(encoder, wish.resources.weights.get(encoder)) if wish.init == PRETRAINED else None
    model = SourceNetwork(
        encoder=encoder, encoder_weights=file or "random", side=96 if tiny else 448, width=16 if tiny else 32
    )
    found = {encoder: file_digest(file)} if file else _first_weights(wish, model, None)
    rate = 1e-3 if tiny and wish.init == RANDOM else 1e-5
    return Made(SourceTask(model, items, learning_rate=rate), found)


def _track(wish: Wish, items: TrackRuns, steps: int) -> Made:
    """Track-On comes in one size; `tiny` changes nothing. The base is Track-On's; a file is of the whole network."""
    if wish.init not in (PRETRAINED, RANDOM):
        raise BleedkitError(
            "the tracker learns adapters on Track-On, and begins from Track-On alone",
            "say --init pretrained, with --weights track_on=FILE for a file of your own",
        )
    track_on, found = TrackOn(), {"track_on": RANDOM}
    if wish.init == PRETRAINED:
        file = weights_file("track_on", wish.resources.weights.get("track_on"))
        fit_weights(track_on, load_weights(file), file)
        found = {"track_on": file_digest(file)}
    adapters = Adapters(TrackNetwork(track_on), AdapterSettings(total_steps=steps))
    task = TrackTask(adapters, items)
    return Made(task, found, lambda run: adapters.save(run / "adapters.safetensors", found["track_on"]))


def _square(side: int) -> ImageSize:
    return ImageSize(side, side)


MODELS: Final[Mapping[str, Trainable]] = {
    "bloodet": Trainable(
        {"full": _square(512), "tiny": _square(128)},
        HUMAN,
        Recipe(epochs=20),
        lambda clips, _seed, _cohort: ClipWindows.of(clips),
        _bloodet,
    ),
    "onset": Trainable(
        {"full": ImageSize(512, 384), "tiny": ImageSize(64, 48)},
        HUMAN,
        Recipe(epochs=500, warm_up=0.0, decay=False),
        lambda clips, seed, _cohort: OnsetClips.of(clips, window=WINDOW, seed=seed),
        _onset,
        lengths_differ=True,
    ),
    "source": Trainable(
        {"full": _square(448), "tiny": _square(96)},
        DENSE,
        Recipe(epochs=500, warm_up=0.0, decay=False),
        lambda clips, _seed, _cohort: LabelledPictures.of(clips),
        _source,
    ),
    "track": Trainable(
        {"full": ImageSize(512, 384), "tiny": ImageSize(512, 384)},
        DENSE,
        Recipe(epochs=100, warm_up=0.0, decay=False),
        lambda clips, seed, cohort: TrackRuns.of(clips, seed=seed, keypoints=cohort.keypoints),
        _track,
        lengths_differ=True,
        tables=(KEYPOINTS,),
    ),
}


def _first_weights(
    wish: Wish,
    model: nn.Module,
    official: str | None,
    begin: Callable[[Any, Path], None] | None = None,
    renamed: Callable[[Mapping[str, Any], Path], Mapping[str, Any]] | None = None,
) -> dict[str, str]:
    """Put the wished first weights into a model; returns their digests. official: what `pretrained` means, if anything.

    Raises BleedkitError where there is nothing pretrained, or a file does not fit.
    """
    if wish.init == RANDOM:
        return {"model": RANDOM}
    if wish.init == PRETRAINED:
        if official is None or begin is None:
            what = f"there are no pretrained weights of {type(model).__name__} in size {wish.size}"
            raise BleedkitError(what, "say --init random, or --init FILE for weights of an earlier run")
        file = weights_file(official, wish.resources.weights.get(official))
        begin(model, file)
        return {official: file_digest(file)}
    file = Path(wish.init)
    if not file.is_file():
        raise BleedkitError(f"there are no weights at {file}", "say --init random, --init pretrained, or name a file")
    tensors = load_weights(file)
    fit_weights(model, renamed(tensors, file) if renamed else tensors, file)
    return {"model": file_digest(file)}


def _flow_weights(wish: Wish) -> dict[str, str]:
    settings = FLOWS[wish.flow].settings(wish.resources)
    return dict(settings.get("weights", {}))
