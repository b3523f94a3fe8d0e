"""A small network and noisy data, as a task; as a script it trains, so that it can be killed or started by torchrun.

python toy_task.py RUN [STEPS] [key=value of Recipe ...] [nan=STEP] [slow=SECONDS]
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from bleedkit.benchmarks.training.distributed import Ranks, together
from bleedkit.benchmarks.training.recipe import Recipe
from bleedkit.benchmarks.training.run import train
from bleedkit.benchmarks.training.seeding import item_generator
from bleedkit.benchmarks.training.task import ParameterGroup, Phase


@dataclass(frozen=True, eq=False)
class Pair:
    x: Tensor
    y: Tensor


class ToyItems:
    def __len__(self) -> int:
        return 12

    def item(self, epoch: int, index: int) -> Pair:
        rng = item_generator(3, epoch, index)
        x = torch.from_numpy(rng.standard_normal(4).astype("float32"))
        return Pair(x, torch.stack([x.sum(), x.prod()]))


class ToyTask:
    """Two heads on one body; `first` and `second` move in turn. Dropout draws random numbers unless it is 0."""

    phases = (Phase("one", ("body", "first")), Phase("two", ("second",)))

    def __init__(self, dropout: float = 0.2, nan: int = -1, slow: float = 0.0) -> None:
        torch.manual_seed(0)
        self.model = nn.ModuleDict(
            {
                "body": nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Dropout(dropout)),
                "first": nn.Linear(16, 1),
                "second": nn.Linear(16, 1),
            }
        )
        self.nan, self.slow, self.seen, self.steps = nan, slow, [], 0

    def parameter_groups(self):
        rates = {"body": 1e-2, "first": 2e-2, "second": 3e-2}
        return [ParameterGroup(n, tuple(self.model[n].parameters()), rate) for n, rate in rates.items()]

    def items(self):
        return ToyItems()

    def losses(self, batch, phase):
        time.sleep(self.slow)
        if phase.name == "one":
            self.seen.append(batch.x[:, 0].tolist())
        seen = self.model["body"](batch.x)
        at = 0 if phase.name == "one" else 1
        error = self.model[("first", "second")[at]](seen)[:, 0] - batch.y[:, at]
        if self.steps == self.nan:
            error = error * torch.nan
        return {("sum", "product")[at]: error.square().mean()}

    def after_step(self, step):
        self.steps = step + 1

    def state(self):
        return {"steps": self.steps}

    def restore(self, state):
        self.steps = state["steps"]


def main() -> None:
    out, steps, *rest = sys.argv[1:]
    told = dict(word.split("=") for word in rest)
    own = {name: float(told.pop(name)) for name in ("dropout", "nan", "slow") if name in told}
    recipe = Recipe(steps=int(steps), **{name: int(value) for name, value in told.items()})
    torch.set_num_threads(1)
    ranks = Ranks.of_environment()
    with together(ranks, ranks.device("cpu")):
        trained = train(ToyTask(**own), recipe, Path(out), facts={"toy": 1}, ranks=ranks, say=print)
    print("done", trained.steps, flush=True)


if __name__ == "__main__":
    main()
