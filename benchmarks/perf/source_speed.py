"""BleedOrigin-Detect's source model: pictures a second and parameters, beside the paper's Table 10.

The paper measures one picture at a time, 6.51 a second and 129.03 M parameters on an A6000, from frames of 512x384.
Ours takes such frames from the processor's memory and brings points back there, so that both ways are in the time.
Weights are random: the time does not hang on their values.

    python -m bleedkit.benchmarks.perf.source_speed --encoder pe_spatial_tiny
    python -m bleedkit.benchmarks.perf.source_speed --device cuda --bf16 --compile
    python -m bleedkit.benchmarks.perf.source_speed --device cuda --bf16 --compile --batch 16
"""

import argparse
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.bleedorigin.source_network import SourceNetwork

PAPER: Final = 6.51
PAPER_MILLIONS: Final = 129.03
SIZE: Final = (384, 512)


def make_network(args: argparse.Namespace) -> "SourceNetwork":
    """The network with random weights, where and as it is to run."""
    import torch

    from ...models.bleedorigin.source_network import SourceNetwork

    torch.manual_seed(0)
    network = SourceNetwork(encoder=args.encoder, encoder_weights="random", side=args.side)
    network = network.eval().requires_grad_(False).to(args.device)
    if args.compile:
        network.compile()
    return network


def locate(network: "SourceNetwork", frames: "Tensor", *, device: str, bf16: bool) -> "Tensor":
    """Points (B, 2) of frames (B, 3, H, W) uint8, both in the processor's memory."""
    import torch

    pictures = frames.to(device, non_blocking=True).float() / 255
    with torch.inference_mode(), torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16):
        return network(pictures).point.cpu()


def seconds_each(network: "SourceNetwork", args: argparse.Namespace) -> float:
    """The median time of a picture over `--repeat` calls, after two that do not count.

    On a CPU its own seconds, so that others on the machine do not count.
    """
    import torch

    clock = time.process_time if args.device == "cpu" else time.perf_counter

    made = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (args.batch, 3, *SIZE), dtype=torch.uint8, generator=made)
    times = []
    for _ in range(args.repeat + 2):
        start = clock()
        locate(network, frames, device=args.device, bf16=args.bf16)
        times.append(clock() - start)
    return sorted(times[2:])[args.repeat // 2] / args.batch


def main() -> None:
    """Run and print."""
    import torch

    args = _arguments()
    torch.set_num_threads(args.threads)
    network = make_network(args)
    millions = sum(parameter.numel() for parameter in network.parameters()) / 1e6
    each = seconds_each(network, args)
    how = f"{args.device}{', bf16' * args.bf16}{', compiled' * args.compile}, {args.batch} at a time"
    print(f"{args.encoder} at {args.side} px, {millions:.2f} M parameters, {how}")
    print(f"{1 / each:.2f} pictures/s, {1000 * each:.1f} ms each; {1 / each / PAPER:.2f} times the reported rate")
    print(f"reported (BleedOrigin, Table 10, on an A6000): {PAPER} pictures/s, {PAPER_MILLIONS} M parameters")
    if args.device.startswith("cuda"):
        print(f"peak GPU memory {torch.cuda.max_memory_allocated(args.device) / 1e6:.0f} MB; reported: 3260 MB")


def _arguments() -> argparse.Namespace:
    from ...models.bleedorigin.vision_encoder import ENCODERS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", choices=list(ENCODERS), default="pe_spatial_448")
    parser.add_argument("--side", type=int, default=448)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=11)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--compile", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
