"""Where models run on this machine."""


def device_here(wanted: str, place: int = 0) -> str:
    """A device as torch names it. wanted: `auto`: a GPU where there is one, else the CPU; anything else is as it is.

    place: the number of this process among those of the machine; `auto` and `cuda` share the GPUs out by it.
    """
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "auto":
        wanted = "cuda" if gpus else "cpu"
    return f"cuda:{place % gpus}" if wanted == "cuda" and gpus else wanted
