import torch
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.models.bleedorigin.clean_view_memory import CleanViewMemory


def pushed(memory, frame, *clean):
    batch = len(clean)
    number = torch.full((batch,), frame)
    return memory.push(number, -number / 10, torch.tensor(clean))


def held(memory, clip=0):
    return memory.views[clip][memory.stored[clip]].tolist()


def empty(*, batch=1, size=2, spacing=1):
    return CleanViewMemory.empty(torch.zeros(batch, dtype=torch.long), size=size, spacing=spacing)


def test_only_clean_views_are_kept_and_the_oldest_goes():
    memory = empty()
    for frame, clean in enumerate([True, False, True, True]):
        memory = pushed(memory, frame, clean)
    assert held(memory) == [2, 3]
    assert torch.allclose(memory.cleanness, torch.tensor([[-0.2, -0.3]]))


def test_clips_of_a_batch_keep_their_own():
    memory = pushed(pushed(empty(batch=2), 0, True, False), 1, False, True)
    assert held(memory, 0) == [0]
    assert held(memory, 1) == [1]


def test_a_push_leaves_the_memory_before_as_it_was():
    before = pushed(empty(), 0, True)
    pushed(before, 1, True)
    assert held(before) == [0]


def test_pictures_are_kept_as_they_are():
    pictures = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    memory = CleanViewMemory.empty(pictures, size=3, spacing=1)
    memory = memory.push(pictures, torch.zeros(1), torch.tensor([True]))
    assert memory.views.shape == (1, 3, 3, 4, 5)
    assert torch.equal(memory.views[memory.stored], pictures)


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 4), st.integers(1, 6))
def test_views_are_those_of_a_plain_loop(clean, size, spacing):
    memory, expected = empty(size=size, spacing=spacing), []
    for frame, this in enumerate(clean):
        memory = pushed(memory, frame, this)
        if this and (not expected or frame - expected[-1] >= spacing):
            expected.append(frame)
    assert held(memory) == expected[-size:]
    assert int(memory.since) <= spacing
