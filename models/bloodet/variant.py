"""Where the paper and the released code of BlooDet part ways, as switches.

Paper: Pei et al., CVPR 2026, arXiv:2503.22174. Code: github.com/PJLallen/SurgBlood, commit 27deff4, whose weights need
`CODE` to mean what they learnt.
"""

from dataclasses import dataclass
from typing import Final, Literal

Variant = Literal["paper", "code"]
# Which pixels the camera's motion is averaged over, Table 7. `global` is also Fig. 8 without the mask map.
Motion = Literal["none", "global", "foreground", "background"]
# Table 6.
Edge = Literal["none", "no_laplacian", "no_high_res", "full"]


@dataclass(frozen=True)
class Form:
    """One of the two forms.

    consecutive_flow: flow leads from each memory frame's predecessor to it (4.2), not from it to the current frame.
    soft_mean: Eq. 5 as written, a mean over all H x W pixels weighted with 1 - M; not over the pixels with M <= 0.5.
    axes_in_order: each axis of the offset goes through the layer that is named after it; the code swaps them.
    f2_refines: F_2 refines the edges (Fig. 5); the code computes that and overwrites it.
    eq6_kernels: the wavelets are Eq. 6, at each angle; the code takes square waves, at twice each angle.
    exact_click: the point prompt is coded where it is (Eq. 4); SAM takes pixel indices and adds half a pixel.
    presence_gates: a frame without a bleeding point gets no region and another pointer. The paper has regions whose
        point is hidden (3.3), and says no such thing.
    normalised_flow: the flow model sees pictures after ImageNet's mean and deviation are taken off.
    rough_memory: mask memories are rounded to bfloat16, and the first frame's mask to 0 and 1 outside training.
    """

    consecutive_flow: bool
    soft_mean: bool
    axes_in_order: bool
    f2_refines: bool
    eq6_kernels: bool
    exact_click: bool
    presence_gates: bool
    normalised_flow: bool
    rough_memory: bool


PAPER: Final = Form(
    consecutive_flow=True,
    soft_mean=True,
    axes_in_order=True,
    f2_refines=True,
    eq6_kernels=True,
    exact_click=True,
    presence_gates=False,
    normalised_flow=False,
    rough_memory=False,
)
CODE: Final = Form(
    consecutive_flow=False,
    soft_mean=False,
    axes_in_order=False,
    f2_refines=False,
    eq6_kernels=False,
    exact_click=False,
    presence_gates=True,
    normalised_flow=True,
    rough_memory=True,
)
FORMS: Final[dict[Variant, Form]] = {"paper": PAPER, "code": CODE}
