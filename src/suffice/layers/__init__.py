"""SCORE: one file a layer; the file's name is the layer's. The folder is the registry.

A layer module has `READS` (what it looks at), `SOURCE` (where its curve comes from) and `score(features)`,
which returns a demand in [0, 1] with a reason in words, or abstains. It is pure, and knows no other layer.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping

from suffice.features import Features
from suffice.types import Score

Layer = Callable[[Features], Score]

_NAMES = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
_MODULES = {name: importlib.import_module(f"{__name__}.{name}") for name in _NAMES}

LAYERS: Mapping[str, Layer] = {name: module.score for name, module in _MODULES.items()}
"""Every layer by its name."""


def table() -> list[dict[str, str]]:
    """Returns a row a layer, for the docs: name, what it reads, the range of its demand, the source of its curve."""
    return [
        {
            "name": name,
            "reads": module.READS,
            "range": "0 to 1, or abstains",
            "source": module.SOURCE,
            "summary": (module.__doc__ or "").strip().splitlines()[0],
        }
        for name, module in _MODULES.items()
    ]
