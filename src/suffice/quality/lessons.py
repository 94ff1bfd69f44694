"""PREDICT: what a fit reads of its examples: rows in a space, gains, and folds that never split a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.quality.outcomes import Example
from suffice.quality.space import Reader, Row, Space

APART = 2.0
"""How much sizes and cues may differ from use case to use case, beside what they have in common. Chosen on MMLU, on
other folds than its page shows."""
ROUNDING = 1e-9
"""Scores that differ by less are equal: 0.9 - 0.8 is not quite 0.1."""


class Lessons(msgspec.Struct, frozen=True, kw_only=True):
    """Examples that all models of some pairs answered, as arrays."""

    buckets: tuple[str, ...]
    clusters: NDArray[np.int64]
    """-1 where a prompt has none, (n,)."""
    rows: tuple[Row, ...]
    design: Any
    """Words and measured columns, a sparse matrix (n, columns + measures)."""
    use_cases: tuple[str, ...]
    """Those that sizes and cues are weighed anew in: all, or none where there is one."""
    apart: Any
    """Sizes and cues times `APART`, in columns of the prompt's use case: sparse, (n, use cases * sizes)."""
    scores: NDArray[np.float64]
    """Of each pair's candidate, then of each pair's baseline, (n, 2 k)."""
    good: NDArray[np.bool_]
    """Whether the candidate's answer was good, (n, k)."""
    groups: NDArray[np.int64]
    """Number of the group, (n,)."""
    demands: int
    """How many of the measured columns, the last, are demands of layers."""

    @property
    def words(self) -> int:
        """How many columns of the design are words and pairs."""
        return int(self.design.shape[1]) - len(self.rows[0].dense)

    @property
    def gains(self) -> NDArray[np.float64]:
        """Score of the candidate minus the baseline's, (n, k)."""
        k = self.scores.shape[1] // 2
        return np.asarray(self.scores[:, :k] - self.scores[:, k:])

    def emphasised(self, by: float) -> Any:
        """Returns the design with the measured columns times a factor."""
        from scipy import sparse  # type: ignore[import-untyped]  # noqa: PLC0415 -- see `_design`

        factors = np.ones(self.design.shape[1])
        factors[self.words :] = by
        return self.design @ sparse.diags_array(factors, format="csr")


def lessons_of(
    examples: Sequence[Example],
    pairs: Sequence[tuple[str, str]],
    space: Space,
    clusters: NDArray[np.int64],
    delta: float,
) -> Lessons:
    """Returns examples as arrays.

    Args:
        examples: Each has a score of every model of the pairs.
        pairs: (baseline, candidate).
        space: Learned from these prompts, among others.
        clusters: Number of each example's cluster, (n,).
        delta: Tolerance.
    """
    reader = Reader(space)
    rows = tuple(reader.read(example.features, example.scores) for example in examples)
    models = [candidate for _, candidate in pairs] + [baseline for baseline, _ in pairs]
    scores = np.array([[example.quality[model] for model in models] for example in examples])
    gains = scores[:, : len(pairs)] - scores[:, len(pairs) :]
    buckets = tuple(example.bucket for example in examples)
    use_cases = tuple(sorted(set(buckets))) if len(set(buckets)) > 1 else ()
    number = {name: at for at, name in enumerate(sorted({example.group for example in examples}))}
    return Lessons(
        buckets=buckets,
        clusters=clusters,
        rows=rows,
        design=_design(rows, space),
        use_cases=use_cases,
        apart=_apart(rows, len(space.names) - len(space.layers), buckets, use_cases),
        scores=scores,
        good=gains >= -delta - ROUNDING,
        groups=np.array([number[example.group] for example in examples]),
        demands=len(space.layers),
    )


def folds_of(groups: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """Returns the number of each example's fold, (n,); a group is in one. There are no more folds than groups."""
    count = int(groups.max()) + 1
    order = np.random.default_rng(seed).permutation(count)
    fold = np.empty(count, np.int64)
    fold[order] = np.arange(count) % min(folds, count)
    return fold[groups]


def _design(rows: Sequence[Row], space: Space) -> Any:
    # scipy takes 30 MB and a tenth of a second: a proxy worker never comes here.
    from scipy import sparse  # noqa: PLC0415 -- see above

    sizes = [len(row.columns) for row in rows]
    words = sparse.csr_matrix(
        (
            np.concatenate([row.values for row in rows]).astype(np.float64),
            np.concatenate([row.columns for row in rows]),
            np.concatenate(([0], np.cumsum(sizes))),
        ),
        shape=(len(rows), space.columns + 1),
    )[:, :-1]
    words.sum_duplicates()
    words.eliminate_zeros()
    return sparse.hstack([words, np.stack([row.dense for row in rows]).astype(np.float64)], format="csr")


def _apart(rows: Sequence[Row], sizes: int, buckets: Sequence[str], use_cases: Sequence[str]) -> Any:
    from scipy import sparse  # noqa: PLC0415 -- see `_design`

    place = {name: at * sizes for at, name in enumerate(use_cases)}
    values = APART * np.stack([row.dense[:sizes] for row in rows]).astype(np.float64)
    if not use_cases:
        return sparse.csr_matrix((len(rows), 0))
    columns = np.array([place[name] for name in buckets])[:, None] + np.arange(sizes)
    starts = np.arange(0, values.size + 1, max(sizes, 1))
    found = sparse.csr_matrix(
        (values.ravel(), columns.ravel(), starts), shape=(len(rows), sizes * len(use_cases))
    )
    found.eliminate_zeros()
    return found
