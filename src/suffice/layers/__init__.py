"""SCORE: one file a layer; the file's name is the layer's. The folder is the registry.

A layer module has `NUMBER` (its place in the table), `READS` (what it looks at), `SOURCE` (where its curve comes
from) and `score(features)`, which returns a demand in [0, 1] with a reason in words, or abstains. It is pure, and
knows no other layer. A learned layer has `opine` in place of `score`: it speaks of one candidate, and the predictor
hands it what was learned. A layer that always says the same of a request without tools, tools' results and attachments
has that as `OF_TEXT`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping

from suffice.features import Features
from suffice.types import Score

Layer = Callable[[Features], Score]

_NAMES = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
_MODULES = {name: importlib.import_module(f"{__name__}.{name}") for name in _NAMES}

_BY_NUMBER = dict(sorted(_MODULES.items(), key=lambda named: named[1].NUMBER))

LAYERS: Mapping[str, Layer] = {
    name: module.score for name, module in _BY_NUMBER.items() if hasattr(module, "score")
}
"""Every layer that scores a request, by its name, in the table's order."""
OF_TEXT: Mapping[str, Score] = {
    name: module.OF_TEXT for name, module in _BY_NUMBER.items() if hasattr(module, "OF_TEXT")
}
"""What some layers say of every request without tools, tools' results and attachments: they need not be asked then."""
LEARNED: tuple[str, ...] = tuple(name for name, module in _BY_NUMBER.items() if hasattr(module, "opine"))
"""The names of the layers that speak of one candidate."""


def table() -> list[dict[str, str]]:
    """Returns a row a layer, for the docs: name, what it reads, the range of its opinion, the source of its curve."""
    return [
        {
            "number": str(module.NUMBER),
            "name": name,
            "reads": module.READS,
            "range": "gain -1 to 1 for each candidate, or abstains"
            if name in LEARNED
            else "0 to 1, or abstains",
            "source": module.SOURCE,
            "summary": (module.__doc__ or "").strip().splitlines()[0],
        }
        for name, module in _BY_NUMBER.items()
    ]


def of_text(layers: Mapping[str, Layer]) -> tuple[dict[str, Score], Iterable[tuple[str, Layer]]]:
    """Returns what layers say of all requests that are text alone, in their order, and those to be asked of one."""
    said = {
        name: OF_TEXT[name] for name, layer in layers.items() if name in OF_TEXT and layer is LAYERS[name]
    }
    unasked = Score(None, "not asked yet")
    asked = tuple([(name, layer) for name, layer in layers.items() if name not in said])
    return {name: said.get(name, unasked) for name in layers}, asked
