"""How much faster BlooDet streams where flow is not recomputed: our schedule beside the released code's, in one run.

Full size, 512 px, PWC-Net. Both schedules step the same network with the same weights from the same state, seven
memories full, and their outputs must come out equal. What differs is when flow is computed, and on what.

The released one is `_prepare_memory_conditioned_features` of github.com/PJLallen/SurgBlood, commit 27deff4,
sam2/modeling/sam2_base.py: at every frame, for each of the seven remembered frames in turn, both pictures of its pair
go through all of PWC-Net, and its mask is enlarged and averaged over again. Ours, in the paper's form: a remembered
frame keeps its mean offset, so that one pair a frame is left, of which one picture was encoded before. Ours, in the
released code's form, whose seven pairs all end in the current frame and are new at every frame: each picture is
encoded once; on a GPU the seven pairs also go through the decoders together.

Weights are random, BlooDet's and PWC-Net's: times do not hang on their values.

    python -m bleedkit.benchmarks.perf.bloodet_speed
    python -m bleedkit.benchmarks.perf.bloodet_speed --device cuda --bf16 --compile --frames 50
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Final, TypeVar

import torch
from torch import Tensor

from ...models.bloodet.camera_motion import motion_weight, view_offset
from ...models.bloodet.memory_bank import BlooDetState, FrameMemory
from ...models.bloodet.network import BlooDet
from ...models.bloodet.size import BASE_PLUS, MEMORIES
from ...models.bloodet.variant import FORMS, Variant
from ...models.frame_flow import FrameFlow
from ...models.pwc_net import PwcNet
from ...models.region_point_model import RegionPoint

EQUAL: Final = 1e-3
LOUD: Final = 100  # random layers make little of a flow; equal outputs should mean that the flows were equal
VARIANTS: Final[tuple[Variant, ...]] = ("paper", "code")
Answer = TypeVar("Answer")


class PairByPair:
    """PWC-Net as the released code calls it: one pair after another, both pictures encoded for each."""

    def __init__(self, network: PwcNet) -> None:
        self._network = network

    def __call__(self, previous: Tensor, current: Tensor) -> Tensor:
        """(B, 3, H, W) twice -> (B, 2, H, W)."""
        return torch.cat([self._network(previous[i : i + 1], current[i : i + 1]) for i in range(len(previous))])


def still(previous: Tensor, current: Tensor) -> Tensor:
    """The flow where nothing moves, at no cost; for offsets that are overwritten before they are read."""
    return previous.new_zeros(current[:, :2].shape)


@dataclass(frozen=True, eq=False)
class Remembered:
    """A frame and the one before it (1, 3, H, W), and the frame's mask logits."""

    before: Tensor
    frame: Tensor
    mask_logits: Tensor


class ReleasedSchedule:
    """A BlooDet of either form, stepped as the released code steps its own."""

    def __init__(self, model: BlooDet, network: PwcNet, variant: Variant) -> None:
        self._flow, self._form = PairByPair(network), FORMS[variant]
        flow: FrameFlow = still if self._form.consecutive_flow else self._flow
        self.model = BlooDet(flow=flow, variant=variant)
        self.model.load_state_dict(model.state_dict())
        self.model.eval().to(model.mean.device)
        self._seen: list[Remembered] = []

    def start(self, frames: Tensor, shown: RegionPoint, state: BlooDetState) -> BlooDetState:
        """Take over after frames (1, T, 3, H, W), given what our schedule answered and remembers of them."""
        pictures = frames.unbind(1)
        seen = zip((pictures[0], *pictures[:-1]), pictures, shown.mask_logits.unbind(1), strict=True)
        self._seen = [Remembered(*frame) for frame in seen]
        # Pyramids of our schedule are not for this one, which starts from pictures.
        memories = [self._from_pictures(memory, seen) for memory, seen in self._pairs(state)]
        return replace(state, first=memories[0], recent=tuple(memories[1:]), picture=self._seen[-1].frame)

    def step(self, frame: Tensor, state: BlooDetState) -> tuple[RegionPoint, BlooDetState]:
        """As BlooDet's own, with every flow computed anew."""
        if self._form.consecutive_flow:
            memories = [self._moved(memory, seen) for memory, seen in self._pairs(state)]
            state = replace(state, first=memories[0], recent=tuple(memories[1:]))
        found, after = self.model.step(frame, state)
        self._seen.append(Remembered(self._seen[-1].frame, frame, found.mask_logits))
        return found, after

    def _pairs(self, state: BlooDetState) -> Iterator[tuple[FrameMemory, Remembered]]:
        recent = self._seen[-len(state.recent) :]
        return zip(state.memories, [self._seen[0], *recent], strict=True)

    def _moved(self, memory: FrameMemory, seen: Remembered) -> FrameMemory:
        """Eq. 5 of a remembered frame; nothing came before the first one."""
        flow = torch.zeros_like(seen.frame[:, :2]) if seen.frame is seen.before else self._flow(seen.before, seen.frame)
        weight = motion_weight(seen.mask_logits, "background", BASE_PLUS.image, self._form)
        return replace(memory, offset=view_offset(flow, weight, self._form))

    def _from_pictures(self, memory: FrameMemory, seen: Remembered) -> FrameMemory:
        if self._form.consecutive_flow:
            return memory
        return replace(memory, picture=(seen.frame - self.model.mean) / self.model.deviation)


def moving_noise(frames: int) -> Tensor:
    """Blurred noise that moves by 3 and 2 pixels a frame: (1, T, 3, 512, 512) in [0, 1]."""
    import cv2
    import numpy as np

    side = BASE_PLUS.image
    noise = np.random.default_rng(0).standard_normal((side + 3 * frames, side + 3 * frames, 3)).astype(np.float32)
    picture = cv2.GaussianBlur(noise, (0, 0), 4)
    picture = np.clip(0.5 + 0.2 * picture / picture.std(), 0, 1)
    clip = np.stack([picture[2 * t : 2 * t + side, 3 * t : 3 * t + side] for t in range(frames)])
    return torch.from_numpy(clip).permute(0, 3, 1, 2)[None]


def timed(device: str, call: Callable[[], Answer]) -> tuple[float, Answer]:
    """Seconds and the answer; on a CPU its own seconds, so that others on the machine do not count."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    start = clock()
    found = call()
    if device != "cpu":
        torch.cuda.synchronize(device)
    return clock() - start, found


def stepped_in_turn(
    steppers: Sequence[BlooDet | ReleasedSchedule], frames: Tensor, states: Sequence[BlooDetState], device: str
) -> list[tuple[float, list[RegionPoint]]]:
    """Seconds and answers of each schedule to frames (1, T, 3, H, W).

    Frame by frame in turn, so that a machine that slows down for a while slows all of them.
    """
    seconds = [0.0] * len(steppers)
    answers: list[list[RegionPoint]] = [[] for _ in steppers]
    current = list(states)
    for frame in frames.unbind(1):
        for number, stepper in enumerate(steppers):
            state = current[number]
            took, (answer, current[number]) = timed(device, lambda: stepper.step(frame, state))  # noqa: B023 - called at once
            seconds[number] += took
            answers[number].append(answer)
    return list(zip(seconds, answers, strict=True))


def largest_difference(ours: list[RegionPoint], theirs: list[RegionPoint]) -> float:
    """Of all outputs over all frames: logits, and points in picture widths."""
    names = [field.name for field in fields(RegionPoint)]
    pairs = ((getattr(a, name), getattr(b, name)) for a, b in zip(ours, theirs, strict=True) for name in names)
    return max(float((a - b).abs().max()) for a, b in pairs)


def motionless(state: BlooDetState) -> BlooDetState:
    """A state that says of every remembered frame that nothing has moved."""
    memories = [
        replace(
            memory,
            offset=None if memory.offset is None else torch.zeros_like(memory.offset),
            weight=None if memory.weight is None else torch.zeros_like(memory.weight),
        )
        for memory in state.memories
    ]
    return replace(state, first=memories[0], recent=tuple(memories[1:]))


def compare(variant: Variant, args: argparse.Namespace) -> float:
    """Run both schedules of one form, print, and return how far their outputs are apart."""
    torch.manual_seed(0)
    network = PwcNet().eval().to(args.device)
    model = BlooDet(flow=network, variant=variant).eval().to(args.device)
    for parameter in (*model.offset_x_proj.parameters(), *model.offset_y_proj.parameters()):
        parameter.mul_(LOUD)
    theirs = ReleasedSchedule(model, network, variant)
    if args.compile:
        for each in (model, theirs.model):
            each.image_encoder.compile()
    clip = moving_noise(MEMORIES + args.frames).to(args.device)
    # The first seven frames fill the memories; compiling and warming up happen there.
    filling, frames = clip[:, :MEMORIES], clip[:, MEMORIES:]
    state, shown = model.start(), []
    for frame in filling.unbind(1):
        answer, state = model.step(frame, state)
        shown.append(answer.mask_logits)
    seen = RegionPoint(torch.stack(shown, dim=1), answer.point, answer.presence_logit)
    their_state = theirs.start(filling, seen, state)
    if args.compile:
        theirs.step(frames[:, 0], their_state)
        their_state = theirs.start(filling, seen, state)
    (slow, official), (fast, found) = stepped_in_turn((theirs, model), frames, (their_state, state), args.device)
    clock = "CPU seconds" if args.device == "cpu" else "seconds"
    for name, seconds in (("released schedule", slow), ("our schedule", fast)):
        each, rate = seconds / args.frames, args.frames / seconds
        print(f"{variant:5s}  {name:17s}  {each:7.3f} {clock} a frame  {rate:7.3f} frames/s")
    apart = largest_difference(found, official)
    heard = largest_difference([model.step(frames[:, 0], motionless(state))[0]], official[:1])
    print(f"{variant:5s}  ratio {slow / fast:.2f}; outputs differ by {apart:.1e}; without flow by {heard:.1e}")
    return apart


@contextmanager
def precision(args: argparse.Namespace) -> Iterator[None]:
    """Inference, in bfloat16 where asked for."""
    with torch.inference_mode(), torch.autocast(args.device.split(":")[0], torch.bfloat16, enabled=args.bf16):
        yield


def main() -> None:
    """Run and print."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    print(f"BlooDet, random weights, {BASE_PLUS.image} px, {MEMORIES} memories, {args.frames} frames timed")
    for variant in args.variant or VARIANTS:
        with precision(args):
            apart = compare(variant, args)
        # In bfloat16 the order of a sum shows.
        if not args.bf16 and not apart <= EQUAL:
            raise SystemExit(f"the schedules must answer alike to {EQUAL}")
    if args.device != "cpu":
        print(f"peak memory {torch.cuda.max_memory_allocated(args.device) / 2**30:.2f} GiB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", choices=VARIANTS, action="append", help="both without it")
    parser.add_argument("--frames", type=int, default=3, help="timed, after the seven that fill the memories")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--compile", action="store_true", help="the image encoder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
