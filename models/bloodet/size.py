"""BlooDetSize: how large each part of BlooDet is, so that one code makes the paper's network and a small one."""

from dataclasses import dataclass
from typing import Final

STRIDE: Final = 16  # of the coarse features, in pixels of the picture
MEMORIES: Final = 7  # frames whose memory is attended to: the first one and the last six (SurgBlood 4.1, q = k-7..k-1)
POINTERS: Final = 16  # frames whose object pointer is: the first one and the last fifteen (SAM 2)


@dataclass(frozen=True)
class BlooDetSize:
    """image: side of the square picture, px. hidden: c, channels of a feature. memory: channels of a memory token.

    Hiera, the trunk: its first stage is `trunk` wide with `trunk_heads` heads; stages: blocks of each; windows: side of
    each stage's attention windows; whole: the blocks that attend to the whole picture; pattern: side of the position
    code that is stretched over the picture. layers, feedforward: of each memory attention; decoder_heads, mlp: of the
    decoders' transformers; head: width of the point head. dropout: of the memory attentions, in training.
    """

    image: int
    hidden: int
    memory: int
    trunk: int
    trunk_heads: int
    stages: tuple[int, int, int, int]
    windows: tuple[int, int, int, int]
    whole: tuple[int, ...]
    pattern: int
    layers: int
    feedforward: int
    decoder_heads: int
    mlp: int
    head: int
    dropout: float

    @property
    def grid(self) -> int:
        """Side of the coarse features, in cells."""
        return self.image // STRIDE


# SurgBlood 5.2: 512 px and SAM 2's Hiera-B+.
BASE_PLUS: Final = BlooDetSize(
    image=512,
    hidden=256,
    memory=64,
    trunk=112,
    trunk_heads=2,
    stages=(2, 3, 16, 3),
    windows=(8, 4, 14, 7),
    whole=(12, 16, 20),
    pattern=14,
    layers=4,
    feedforward=2048,
    decoder_heads=8,
    mlp=2048,
    head=256,
    dropout=0.1,
)

# The same code, small enough to train on a CPU.
TINY: Final = BlooDetSize(
    image=128,
    hidden=64,
    memory=16,
    trunk=16,
    trunk_heads=1,
    stages=(1, 1, 2, 1),
    windows=(8, 4, 4, 2),
    whole=(3,),
    pattern=4,
    layers=1,
    feedforward=128,
    decoder_heads=4,
    mlp=128,
    head=64,
    dropout=0.0,
)
