"""The models that `bleedkit bench train` trains, by name: how each is made, fed, and with which recipe by default."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from torch import nn

from ...datasets.cohort import Cohort
from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...datasets.keypoint_table import KEYPOINTS
from ...datasets.schema import ImageSize, LabelState
from ...models import sized_models
from ...models.bleedorigin.adapters import Adapters, AdapterSettings
from ...models.bleedorigin.change_maps import ChangeMaps
from ...models.bleedorigin.track_network import TrackNetwork
from ...models.bloodet.load import bloodet_tensors, start_from_sam2
from ...models.bloodet.parameters import ENCODER_RATE, RATE
from ...models.flows import FLOWS, flow_told
from ...models.frame_flow import FrameFlow
from ...models.region_point_net import RegionPointNet, Size
from ...models.region_point_nets import REGION_POINT_NETS
from ...models.sized_models import PICTURES, WINDOW
from ...models.stage import CPU, Resources
from ...models.stored_flow import StoredFlow
from ...models.track_on.network import TrackOn
from ...models.weights import fit_weights, load_weights, weights_file
from .cached_clips import CachedClip
from .clip_labels import DENSE, HUMAN
from .clip_windows import ClipWindows
from .onset_task import OnsetClips, OnsetTask
from .recipe import Recipe
from .region_point_task import RegionPointTask
from .source_task import LabelledPictures, SourceTask
from .task import ALL, Items, ParameterGroup, Task, trainable
from .track_task import TrackRuns, TrackTask
from .window_task import WindowTask

PRETRAINED: Final = "pretrained"
RANDOM: Final = "random"
ONSET_WEIGHTS: Final = "bleedorigin_onset"


@dataclass(frozen=True)
class Wish:
    """What somebody wants trained. size: `full` is the paper's, `tiny` the same code small enough for a CPU.

    init: `pretrained`, what the paper starts from; `random`, said outright; or a file of this model's own weights.
    flow: a name of FLOWS; resources: device, and the files of weights by name. mdg: of the tracker, Table 9's block.
    flow_folder: where flows are kept between epochs; None: nowhere, unless `train_model` names a place.
    """

    size: Size = "full"
    init: str = PRETRAINED
    flow: str = "dis"
    resources: Resources = field(default_factory=lambda: CPU)
    mdg: bool = False
    flow_folder: Path | None = None


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
    the cohort, that items read beside frames and labels. mdg: may be wished with an MDG block.
    """

    pictures: Mapping[Size, ImageSize]
    labels: Collection[LabelState]
    recipe: Recipe
    items: Callable[[Sequence[CachedClip], int, Cohort], Items[Any]]
    make: Callable[[Wish, Any, int], Made]
    lengths_differ: bool = False
    tables: Collection[str] = ()
    mdg: bool = False


def _bloodet(wish: Wish, items: ClipWindows, _steps: int) -> Made:
    model = sized_models.bloodet(wish.size, _flow(wish))
    official = None if wish.size == "tiny" else "sam2_base_plus"
    found = _first_weights(wish, model, official, start_from_sam2, bloodet_tensors)
    # What SAM 2 has learnt is to be kept, what was drawn has to be learnt.
    rate = ENCODER_RATE if wish.init != RANDOM else RATE
    task = RegionPointTask(model, items, encoder_rate=rate)
    return Made(task, {**found, **_flow_weights(wish)})


def _windows(clips: Sequence[CachedClip], _seed: int, _cohort: Cohort) -> ClipWindows:
    return ClipWindows.of(clips)


def _region_point(net: RegionPointNet) -> Trainable:
    """Trained as SurgBlood 5.2 trains BlooDet, as it says nothing of the others."""

    def make(wish: Wish, items: ClipWindows, _steps: int) -> Made:
        model = net.make(wish.size)
        found = _first_weights(wish, model, net.pretrained if wish.size == "full" else None, net.begin)
        return Made(WindowTask(model, items, _groups(net, model, wish)), found)

    return Trainable(net.pictures, HUMAN, Recipe(epochs=20), _windows, make)


def _groups(net: RegionPointNet, model: nn.Module, wish: Wish) -> list[ParameterGroup]:
    """One group; two where a part has learnt already."""
    if net.encoder is None or wish.init == RANDOM:
        return [trainable(ALL, model, net.rate)]
    encoder = trainable("encoder", net.encoder(model), net.encoder_rate)
    inside = {id(parameter) for parameter in encoder.parameters}
    others = tuple(parameter for parameter in trainable(ALL, model, net.rate).parameters if id(parameter) not in inside)
    return [encoder, ParameterGroup("rest", others, net.rate)]


def _onset(wish: Wish, items: OnsetClips, _steps: int) -> Made:
    model = sized_models.onset(wish.size, _flow(wish))
    found = _first_weights(wish, model, None)
    rate = 1e-3 if wish.size == "tiny" else 1e-5
    return Made(OnsetTask(model, items, learning_rate=rate), {**found, **_flow_weights(wish)})


def _source(wish: Wish, items: LabelledPictures, _steps: int) -> Made:
    encoder = sized_models.SOURCE_ENCODERS[wish.size]
    file = weights_file(encoder, wish.resources.weights.get(encoder)) if wish.init == PRETRAINED else None
    model = sized_models.source(wish.size, file or "random")
    found = {encoder: file_digest(file)} if file else _first_weights(wish, model, None)
    rate = 1e-3 if wish.size == "tiny" and wish.init == RANDOM else 1e-5
    return Made(SourceTask(model, items, learning_rate=rate), found)


def _track(wish: Wish, items: TrackRuns, steps: int) -> Made:
    """Track-On comes in one size; `tiny` changes nothing but MDG, which has the onset's sizes."""
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
    flow = _flow(wish) if wish.mdg else None
    changes, of_changes = _change_maps(wish, flow) if flow else (None, {})
    adapters = Adapters(TrackNetwork(track_on, changes=changes), AdapterSettings(total_steps=steps))
    told = flow_told(wish.flow, wish.resources) if wish.mdg else None
    task = TrackTask(adapters, items, flow=flow)
    base = found["track_on"]
    return Made(task, {**found, **of_changes}, lambda run: adapters.save(run / "adapters.safetensors", base, flow=told))


def _change_maps(wish: Wish, flow: FrameFlow) -> tuple[ChangeMaps, dict[str, str]]:
    """MDG as the onset's training left it (BleedOrigin, Table 9), and the digests of what it hangs on.

    Raises BleedkitError where that training's file is missing or of another size.
    """
    onset = sized_models.onset(wish.size, flow)
    found = {ONSET_WEIGHTS: RANDOM}
    if wish.init == PRETRAINED:
        file = weights_file(ONSET_WEIGHTS, wish.resources.weights.get(ONSET_WEIGHTS))
        fit_weights(onset, load_weights(file), file)
        found = {ONSET_WEIGHTS: file_digest(file)}
    return onset.features.encoder.maps, {**found, **_flow_weights(wish)}


MODELS: Final[Mapping[str, Trainable]] = {
    "bloodet": Trainable(PICTURES["bloodet"], HUMAN, Recipe(epochs=20), _windows, _bloodet),
    **{net.name: _region_point(net) for net in REGION_POINT_NETS.values()},
    "onset": Trainable(
        PICTURES["onset"],
        HUMAN,
        Recipe(epochs=500, warm_up=0.0, decay=False),
        lambda clips, seed, _cohort: OnsetClips.of(clips, window=WINDOW, seed=seed),
        _onset,
        lengths_differ=True,
    ),
    "source": Trainable(
        PICTURES["source"],
        DENSE,
        Recipe(epochs=500, warm_up=0.0, decay=False),
        lambda clips, _seed, _cohort: LabelledPictures.of(clips),
        _source,
    ),
    "track": Trainable(
        PICTURES["track"],
        DENSE,
        Recipe(epochs=100, warm_up=0.0, decay=False),
        lambda clips, seed, cohort: TrackRuns.of(clips, seed=seed, keypoints=cohort.keypoints),
        _track,
        lengths_differ=True,
        tables=(KEYPOINTS,),
        mdg=True,
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


def _flow(wish: Wish) -> FrameFlow:
    """The wished flow, which asks for no pair twice where it has a folder."""
    flow = FLOWS[wish.flow].build(wish.resources)
    if wish.flow_folder is None:
        return flow
    return StoredFlow(flow, wish.flow_folder, flow_told(wish.flow, wish.resources))


def _flow_weights(wish: Wish) -> dict[str, str]:
    settings = FLOWS[wish.flow].settings(wish.resources)
    return dict(settings.get("weights", {}))
