"""How much faster the onset network answers by making each frame's feature once: two schedules beside each other.

Both run one network with the same weights on a stream; after every frame the window that ends with it is answered. The
naive schedule takes the window as the model's input, as Algorithm 1 of BleedOrigin writes it: for every position the
features of all its 60 frames are made again, with the clean views chosen in the same way (that choice is given to it,
not timed). Ours steps: one new feature a frame. Answers must come out equal.

Weights are random unless a checkpoint of PWC-Net is given, for the flow alone: the time does not hang on their values.
Every view is taken for clean, so that the memory is full, its costliest. Frames are counted from when it is.

    python -m bleedkit.benchmarks.perf.onset_speed
    python -m bleedkit.benchmarks.perf.onset_speed --device cuda --bf16 --compile --steps 200
"""

import argparse
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.bleedorigin.onset_network import OnsetNetwork, OnsetState
    from ...models.onset_model import OnsetWindows
    from ...models.pwc_net import PwcNet

PAPER: Final = 9.73
PAPER_PARAMETERS: Final = 107.44
EQUAL: Final = 1e-5


def make_network(args: argparse.Namespace) -> "tuple[OnsetNetwork, PwcNet]":
    """The full-size network, and the PWC-Net in it, with random weights but for those given."""
    import torch

    from ...models.bleedorigin.onset_network import OnsetNetwork
    from ...models.pwc_net import PwcNet, load_pwc_net

    torch.manual_seed(0)
    flow = load_pwc_net(args.weights) if args.weights else PwcNet()
    network = OnsetNetwork(flow=flow, window=args.window, size=tuple(args.size))
    torch.nn.init.zeros_(network.features.judge.fully_connected.weight)
    return network.eval().to(args.device), flow


def make_clip(frames: int, size: tuple[int, int], device: str) -> "Tensor":
    """Blurred noise that moves by a pixel a frame, under blotches that come and go: (1, frames, 3, height, width)."""
    import torch

    rng = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, size[0] // 16, size[1] // 16 + frames // 16 + 2, generator=rng)
    picture = torch.nn.functional.interpolate(coarse, scale_factor=16.0, mode="bilinear")
    moving = torch.stack([picture[0, ..., : size[0], t : t + size[1]] for t in range(frames)])
    blotches = torch.nn.functional.interpolate(torch.rand(frames, 3, 3, 4, generator=rng), size, mode="bilinear")
    return (0.7 * moving + 0.3 * blotches)[None].to(device)


def compile_parts(network: "OnsetNetwork", flow: "PwcNet") -> None:
    """What computes; what chooses and stores views stays as it is."""
    for part in (flow, network.features.encoder, network.features.judge, network.temporal):
        part.compile(dynamic=False)


def our_schedule(network: "OnsetNetwork", frames: "Tensor", state: "OnsetState") -> "list[OnsetWindows]":
    """What is said after every further frame of (1, F, 3, H, W)."""
    said = []
    for frame in frames.unbind(1):
        window, state = network.step(frame, state)
        said += [window] if window else []
    return said


def naive_schedule(network: "OnsetNetwork", clip: "Tensor", ends: range) -> "list[OnsetWindows]":
    """What the windows that end with these frames say, all of their features made anew."""
    features, said = network.features, []
    chosen = features.choose(features.judge.fully_connected.bias.expand(1, clip.shape[1], 2))
    for end in ends:
        frames = range(end + 1 - network.window, end + 1)
        newest, _ = features.newest(clip, frames)
        said.append(network.temporal(features.with_views(clip, newest, chosen, frames)))
    return said


def timed(device: str, call: "Callable[[], list[OnsetWindows]]") -> "tuple[float, list[OnsetWindows]]":
    """Seconds and answer; on a CPU its own seconds, so that others on the machine do not count."""
    import torch

    clock = time.process_time if device == "cpu" else time.perf_counter
    start = clock()
    said = call()
    if device != "cpu":
        torch.cuda.synchronize(device)
    return clock() - start, said


def largest_difference(ours: "list[OnsetWindows]", naive: "list[OnsetWindows]") -> float:
    """Of positions in [0, 1] and of confidence logits, over all windows."""
    apart = [
        max(float((a.position - b.position).abs()), float((a.confidence_logit - b.confidence_logit).abs()))
        for a, b in zip(ours, naive, strict=True)
    ]
    return max(apart)


def filled(network: "OnsetNetwork", flow: "PwcNet", clip: "Tensor", args: argparse.Namespace) -> "OnsetState":
    """The state after all but the frames that are timed; compiled parts are compiled on the last of these."""
    state = network.start()
    for number, frame in enumerate(clip[:, : -args.steps].unbind(1)):
        if args.compile and number == network.window:
            compile_parts(network, flow)
        _, state = network.step(frame, state)
    return state


def run(args: argparse.Namespace) -> float:
    """Run both, print, and give how far their answers are apart."""
    import torch

    torch.set_num_threads(args.threads)
    network, flow = make_network(args)
    clip = make_clip(network.window + args.warm + args.steps, network.size, args.device)
    state = filled(network, flow, clip, args)
    on_gpu = args.device != "cpu"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(args.device)
    ours, said = timed(args.device, lambda: our_schedule(network, clip[:, -args.steps :], state))
    peak = torch.cuda.max_memory_allocated(args.device) / 2**20 if on_gpu else 0.0
    ends = range(clip.shape[1] - args.naive, clip.shape[1])
    naive, expected = timed(args.device, lambda: naive_schedule(network, clip, ends))
    millions = [sum(weight.numel() for weight in part.parameters()) / 1e6 for part in (network, flow)]
    clock = "s" if on_gpu else "CPU s"
    print(f"{millions[0]:.2f} M parameters, and {millions[1]:.2f} M of the frozen flow; paper: {PAPER_PARAMETERS} M")
    print(f"naive schedule  {args.naive:4d} frames  {naive:8.2f} {clock}  {args.naive / naive:8.3f} frames/s")
    print(f"our schedule    {args.steps:4d} frames  {ours:8.2f} {clock}  {args.steps / ours:8.3f} frames/s")
    print(f"ratio {naive / args.naive * args.steps / ours:.1f}; BleedOrigin, Table 10, on an A6000: {PAPER} frames/s")
    if on_gpu:
        print(f"peak memory of our schedule, with the clip on the device: {peak:.0f} MiB")
    apart, others = largest_difference(said[-args.naive :], expected), largest_difference(said[1:], said[:-1])
    print(f"answers differ by {apart:.1e} at most; those of one window and the next by {others:.1e}")
    return apart


def main() -> None:
    """Run and check."""
    import torch

    args = _arguments()
    precision = torch.autocast(torch.device(args.device).type, torch.bfloat16) if args.bf16 else nullcontext()
    with torch.inference_mode(), precision:
        apart = run(args)
    # In bfloat16 batches of another size may round another way.
    if not args.bf16 and not apart <= EQUAL:
        raise SystemExit(f"the schedules must answer alike to {EQUAL}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--window", type=int, default=60)
    parser.add_argument("--size", type=int, nargs=2, default=(384, 512), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--warm", type=int, default=1, help="frames not timed, with all compiled")
    parser.add_argument("--steps", type=int, default=4, help="frames timed in our schedule")
    parser.add_argument("--naive", type=int, default=1, help="frames timed in the naive one, of those the last")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--weights", type=Path, help="PWC-Net's checkpoint; random weights without it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
