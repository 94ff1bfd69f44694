"""The weights of the evidence, as fitted by scripts/fit_task_types.py: one small file of plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from struct import Struct

import msgspec

from suffice.features.task.evidence import Piece

FILE = "weights.msgpack"
_BIAS = 128


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


class Votes:
    """Adds up weights quickly: a piece's weights are the digits of one whole number, so that a sum adds all kinds at once."""

    __slots__ = ("_digits", "_packed", "weights")

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        width = len(weights.kinds)
        self._digits = Struct(f"<{width}I")
        self._packed: Mapping[Piece, int] = {
            _piece(name): _pack(weights.steps[row * width : (row + 1) * width])
            for row, name in enumerate(weights.pieces)
        }

    def of(self, pieces: Iterable[Piece]) -> list[float]:
        """Returns the log-odds of each kind, in the order of `weights.kinds`."""
        packed = self._packed
        known = [packed[piece] for piece in pieces if piece in packed]
        digits = self._digits.unpack(sum(known).to_bytes(self._digits.size, "little"))
        scale, offset = self.weights.scale, _BIAS * len(known)
        return [
            start + scale * (digit - offset) for start, digit in zip(self.weights.start, digits, strict=True)
        ]

    def known(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Returns the pieces that have weights."""
        return [piece for piece in pieces if piece in self._packed]


def _piece(name: str) -> Piece:
    if name.startswith("<") or " " not in name:
        return name
    first, _, second = name.partition(" ")
    return first, second


def _pack(steps: bytes) -> int:
    return int.from_bytes(b"".join((step + _BIAS & 0xFF).to_bytes(4, "little") for step in steps), "little")


def read_weights() -> Weights:
    """Returns the weights that the package ships."""
    data = resources.files(__package__ or "").joinpath(FILE).read_bytes()
    return msgspec.msgpack.decode(data, type=Weights)


@cache
def votes() -> Votes:
    """Returns the weights, ready to add up; read once."""
    return Votes(read_weights())
