"""BlooDet: bleeding source, region and presence of every frame (SurgBlood, Sec. 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...datasets.mask_store import MaskFile
from ...datasets.schema import ImageSize
from .annotator import AnnotatorSpec, ModelChoice
from .clip_answer import ClipAnswer, PointSaid, RegionSaid
from .clip_pictures import ClipPictures
from .clip_unit import ClipUnit
from .trained_network import digest_of, filled, trained_as, weights_of

if TYPE_CHECKING:
    from ...models.bloodet.network import BlooDet
    from ...models.bloodet.variant import Variant
    from ...models.region_point_net import Size

NAME: Final = "bloodet"


@dataclass(frozen=True)
class BlooDetMade:
    """How the network is to be made. file: None for random weights. variant: "code" where they are the authors' own."""

    file: Path | None
    size: "Size"
    flow: str
    variant: "Variant"

    @classmethod
    def of(cls, choice: ModelChoice) -> "BlooDetMade":
        """As the weights were trained, where the choice does not say otherwise: the authors' hang on PWC-Net.

        Raises BleedkitError where the weights are missing or of another model.
        """
        file = weights_of(choice, NAME)
        released = file is not None and _released(file)
        trained = trained_as(file, NAME)
        flow = choice.flow or trained.flow or ("pwcnet" if released else "dis")
        return cls(file, choice.size or trained.size, flow, "code" if released else "paper")


class BlooDetAnnotator:
    """A ClipAnnotator. What it says of a frame hangs on that one and those before."""

    def __init__(self, network: "BlooDet", *, device: str, allow_random: bool = False) -> None:
        self._network, self._device, self._allow_random = network, device, allow_random
        side = network.size.image
        self._picture = ImageSize(side, side)

    def answer(self, unit: ClipUnit, pictures: ClipPictures) -> ClipAnswer:
        """A point and a mask of every frame.

        Where the source is held to be absent the point is not visible; the mask is as it was drawn, as blood may be
        there when its source is hidden. The confidence is the presence's, in what is said of it.
        """
        from ...models.predict import region_point_frames

        points, regions = [], []
        seen_frames = region_point_frames(
            self._network,
            pictures.numbered(),
            picture=self._picture,
            device=self._device,
            allow_random=self._allow_random,
        )
        for seen in seen_frames:
            frame = unit.frames[seen.frame]
            if seen.present:
                points.append(PointSaid.of(frame, seen.point, pictures.size, seen.confidence))
            else:
                points.append(PointSaid.absent(frame, 1 - seen.confidence))
            regions.append(RegionSaid(frame, MaskFile.of(seen.mask)))
        return ClipAnswer(tuple(points), tuple(regions))


def _settings(choice: ModelChoice) -> Mapping[str, Any]:
    from ...models.flows import flow_told

    made = BlooDetMade.of(choice)
    flow = flow_told(made.flow, choice.resources)
    return {"size": made.size, "flow": flow, "variant": made.variant, "weights": {NAME: digest_of(made.file)}}


def _build(choice: ModelChoice) -> BlooDetAnnotator:
    from ...models.bloodet.load import bloodet_tensors
    from ...models.bloodet.network import BlooDet
    from ...models.bloodet.size import BASE_PLUS, TINY
    from ...models.flows import FLOWS

    made, device = BlooDetMade.of(choice), choice.resources.device
    flow = FLOWS[made.flow].build(choice.resources)
    size = TINY if made.size == "tiny" else BASE_PLUS
    network = filled(lambda: BlooDet(flow=flow, size=size, variant=made.variant), made.file, device, bloodet_tensors)
    return BlooDetAnnotator(network, device=device, allow_random=choice.allow_random)


def _released(file: Path) -> bool:
    """Whether the weights are under the names of the authors' checkpoint."""
    from ...models.bloodet.load import PREFIX
    from ...models.weights import load_weights

    return any(name.startswith(PREFIX) for name in load_weights(file))


SPEC: Final = AnnotatorSpec(frozenset({"points", "regions"}), (NAME,), _settings, _build)
