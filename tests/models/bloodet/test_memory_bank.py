"""Which frames are remembered, in which order, and how old each is held to be."""

import torch

from bleedkit.models.bloodet.memory_bank import BlooDetState, FrameMemory, mask_tokens, point_tokens

GRID, WIDTH, HIDDEN = 2, 3, 6


def state_after(count: int) -> BlooDetState:
    """Frame t remembers nothing but t, 100 t in its pointer and 1000 t in its point."""
    state = BlooDetState()
    for t in range(count):
        mask = torch.full((1, WIDTH, GRID, GRID), float(t))
        point = torch.full((1, 2, HIDDEN), 1000.0 * t)
        state = state.after(FrameMemory(mask, point, torch.full((1, HIDDEN), 100.0 * t)), None)
    return state


def read(count: int):
    """Tokens and positions of a state, as plain numbers; age code row r is r + 1, cells have no place of their own."""
    ages = torch.arange(1.0, 8)[:, None, None, None].expand(7, 1, 1, WIDTH)
    tokens, places, loose = mask_tokens(state_after(count), ages, torch.zeros(1, WIDTH, GRID, GRID))
    cells = GRID * GRID
    masks = len(tokens) - loose
    return (
        tokens[:masks:cells, 0, 0].tolist(),
        places[:masks:cells, 0, 0].tolist(),
        tokens[masks :: HIDDEN // WIDTH, 0, 0].tolist(),
        places[masks:].abs().sum().item(),
    )


def test_the_first_frame_is_kept_and_the_last_six_follow_oldest_first():
    frames, ages, pointers, placed = read(20)
    assert frames == [0, 14, 15, 16, 17, 18, 19]
    # k frames back is row k - 1; the first frame has the last row, however old it is.
    assert ages == [7, 6, 5, 4, 3, 2, 1]
    assert pointers == [0, *(100.0 * t for t in range(19, 4, -1))]
    assert len(pointers) == 16
    assert placed == 0


def test_a_short_past_has_no_gaps():
    frames, ages, pointers, _ = read(3)
    assert (frames, ages, pointers) == ([0, 1, 2], [7, 2, 1], [0, 200, 100])


def test_point_memories_carry_their_own_motion():
    moved = [torch.tensor([[[1.0] * HIDDEN, [2.0] * HIDDEN]]), 0.0]
    tokens = point_tokens(state_after(2).memories, moved, WIDTH)
    # Two tokens of 6 a frame, in parts of 3: the point's, then that of no more points.
    assert tokens.shape == (8, 1, WIDTH)
    assert tokens[:, 0, 0].tolist() == [1, 1, 2, 2, 1000, 1000, 1000, 1000]
