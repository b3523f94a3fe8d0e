"""The onset frame from what windows say: BleedOrigin Eq. 2, and the loop of its Algorithm 1, which differs from it.

Window k starts at frame k; all take the K windows of one clip, in order: position (K,) in [0, 1], the paper's theta,
and confidence_logit (K,), whose sigmoid is S_conf.
"""

from torch import Tensor


def decode_onset(position: Tensor, confidence_logit: Tensor, window: int) -> int | None:
    """Eq. 2: the earliest t + floor(theta * N) over windows t of S_conf > 0.5; None where there is no such window."""
    valid = confidence_logit > 0
    if not valid.any():
        return None
    return int(onset_of_window(position, window)[valid].min())


def decode_first_onset(position: Tensor, confidence_logit: Tensor, window: int) -> int | None:
    """Algorithm 1: the frame that the first window of S_conf > 0.5 points to; what can be known as frames come in.

    Eq. 2 takes later windows in as well and is never later: a window further on may point further back.
    """
    first = first_confident_window(confidence_logit)
    return None if first is None else int(onset_of_window(position, window)[first])


def first_confident_window(confidence_logit: Tensor) -> int | None:
    """Algorithm 1: the first t with S_conf > 0.5, at which it stops to look. The alarm comes with frame t + N - 1."""
    valid = (confidence_logit > 0).nonzero()
    return int(valid[0]) if len(valid) else None


def onset_of_window(position: Tensor, window: int) -> Tensor:
    """Frame (K,) that every window points to: t + floor(theta * N), at theta = 1 the last frame of the window."""
    starts = position.new_tensor(range(len(position)))
    return (starts + (position * window).floor().clamp_max(window - 1)).long()
