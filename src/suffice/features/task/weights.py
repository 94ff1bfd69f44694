"""The weights of the evidence, as fitted by scripts/fit_task_types.py: one small file of plain data."""

from __future__ import annotations

from collections.abc import Iterable, KeysView
from importlib import resources
from math import exp
from struct import Struct
from sys import intern

import msgspec

from suffice.features.task.evidence import Piece

FILE = "weights.msgpack"
_BIAS = 128
"""Added to each weight, so that no digit is negative; taken off again after the sum."""
_FROM_SIGNED = bytes((code + _BIAS) & 0xFF for code in range(256))
_ABOVE = 1 << 16
"""Added to each kind's start in whole steps, so that none is negative and all are above the count of the pieces."""
_DIGIT_BYTES = 4
"""Of each kind in the sum: room for 16 million pieces."""


class Weights(msgspec.Struct, frozen=True):
    """A linear model: log-odds of each kind, added up over the pieces of evidence."""

    kinds: tuple[str, ...]
    """Keys of TASKS, and "none" for everything else."""
    scale: float
    """Log-odds of one step of a weight."""
    start: tuple[float, ...]
    """Log-odds of each kind without any evidence."""
    pieces: tuple[str, ...]
    """A pair's words stand with a space between."""
    steps: bytes
    """Signed bytes, shape (pieces, kinds)."""


Tally = int
"""A sum of weights, all kinds in one number, and how many pieces have them; sums of different pieces add up."""


class Votes:
    """Adds up weights quickly: a piece's are the digits of one whole number, so that one sum adds all kinds at once.

    One more digit is 1 in each piece: it counts them.

    Args:
        weights: The model.
        others: Pieces to be known that the model may have no weights for.
    """

    __slots__ = ("_digits", "_packed", "_rest", "_start", "weights")

    def __init__(self, weights: Weights, others: Iterable[Piece] = ()) -> None:
        self.weights = weights
        width = len(weights.kinds)
        self._digits, self._rest = Struct(f"<{width + 1}I"), width - 2
        starts = [_ABOVE + round(start / weights.scale) for start in weights.start]
        self._start = int.from_bytes(self._digits.pack(*starts, 0), "little")
        self._packed: dict[Piece, int] = dict.fromkeys(others, 0)
        for row, name in enumerate(weights.pieces):
            self._packed[_piece(name)] = _pack(weights.steps[row * width : (row + 1) * width])

    @property
    def known(self) -> KeysView[Piece]:
        """The pieces that have weights, and the others."""
        return self._packed.keys()

    def of(self, pieces: Iterable[Piece]) -> list[float]:
        """Returns the log-odds that some pieces come to; see `odds`."""
        return self.odds(self.count(pieces))

    def count(self, pieces: Iterable[Piece], tally: Tally = 0) -> Tally:
        """Returns the sum of a tally and the pieces' weights; those that have none count nothing."""
        return sum(filter(None, map(self._packed.get, pieces)), tally)

    def first(self, tally: Tally) -> tuple[str, float]:
        """Returns the kind with the highest log-odds, and how much all others weigh at most, where it weighs 1.

        Quicker than `odds`: the second and the third speak for all. If the others may weigh 1 or more, another kind may
        have the highest.
        """
        digits = self._digits.unpack((tally + self._start).to_bytes(self._digits.size, "little"))
        third, second, first = sorted(digits)[-3:]
        # A start is off by half a step at most, so that two kinds may be a step closer than they seem.
        closer, scale = first - 1, self.weights.scale
        others = exp(scale * (second - closer)) + self._rest * exp(scale * (third - closer))
        return self.weights.kinds[digits.index(first)], others

    def odds(self, tally: Tally) -> list[float]:
        """Returns the log-odds of each kind, in the order of `weights.kinds`."""
        digits = self._digits.unpack(tally.to_bytes(self._digits.size, "little"))
        scale, offset = self.weights.scale, _BIAS * digits[-1]
        by_kind = zip(self.weights.start, digits)  # noqa: B905 -- the last digit is no kind's
        return [start + scale * (digit - offset) for start, digit in by_kind]


def _piece(name: str) -> Piece:
    """A piece by its name; a word that is in many is one string in all of them: a third of the room, found faster."""
    if name.startswith("<") or " " not in name:
        return intern(name)
    first, _, second = name.partition(" ")
    return intern(first), intern(second)


def _pack(steps: bytes) -> int:
    digits = bytearray(_DIGIT_BYTES * (len(steps) + 1))
    digits[::_DIGIT_BYTES] = steps.translate(_FROM_SIGNED) + b"\1"
    return int.from_bytes(digits, "little")


def read_weights() -> Weights:
    """Returns the weights that the package ships."""
    data = resources.files(__package__ or "").joinpath(FILE).read_bytes()
    return msgspec.msgpack.decode(data, type=Weights)
