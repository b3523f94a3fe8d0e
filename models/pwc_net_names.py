"""What PWC-Net's layers are called in the common checkpoint, and what ptlflow calls them.

`network-default` says module in front of every part, the code that reads it says net: moduleThr.moduleOne.0 is its
netThr.netOne.0.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

_NUMBERS: Final = {"One": 1, "Two": 2, "Thr": 3, "Fou": 4, "Fiv": 5, "Six": 6}
_NUMBER: Final = "(" + "|".join(_NUMBERS) + ")"
_LAYER: Final = re.compile(
    rf"(?:.*\.)?(?:module|net)(?:"
    rf"Extractor\.(?:module|net){_NUMBER}\.([024])"
    rf"|{_NUMBER}\.(?:module|net){_NUMBER}\.0"
    rf"|{_NUMBER}\.(?:module|net)Up(flow|feat)"
    rf"|Refiner\.(?:module|net)Main\.(\d+)"
    rf")\.(weight|bias)"
)

Value = TypeVar("Value")


def ptlflow_names(values: Mapping[str, Value]) -> dict[str, Value]:
    """The same values under ptlflow's names; a name that is not one of the 63 layers' is left as it is."""
    return {ptlflow_name(name): value for name, value in values.items()}


def ptlflow_name(name: str) -> str:
    """Name in ptlflow of one parameter, as in moduleThr.moduleOne.0.weight -> conv3_0.0.weight."""
    matched = _LAYER.fullmatch(name)
    if not matched:
        return name
    extractor, place, decoder, number, upsampler, kind, refiner, parameter = matched.groups()
    if extractor:
        layer = _extractor_layer(_NUMBERS[extractor], int(place) // 2)
    elif decoder:
        layer = _decoder_layer(_NUMBERS[decoder], _NUMBERS[number])
    elif upsampler:  # kept with the level it serves there, with the level it reads here
        layer = f"{'deconv' if kind == 'flow' else 'upfeat'}{_NUMBERS[upsampler] + 1}"
    else:
        layer = "dc_conv7" if refiner == "12" else f"dc_conv{int(refiner) // 2 + 1}.0"
    return f"{layer}.{parameter}"


def _extractor_layer(level: int, place: int) -> str:
    # On level 6 ptlflow calls the first, halving layer aa and the second a.
    return f"conv{level}{(('a', 'aa', 'b') if level < 6 else ('aa', 'a', 'b'))[place]}.0"


def _decoder_layer(level: int, number: int) -> str:
    return f"predict_flow{level}" if number == 6 else f"conv{level}_{number - 1}.0"
