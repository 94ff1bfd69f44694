"""Makes prompts from the templates in scripts/task_types/: choices made, slots filled, by seeded dice."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"@([a-z_]+?)(?:_1)?(?![a-z_])")
_TRAITS = (
    "favourite colour", "drink", "pet", "hobby", "car", "phone", "food", "job", "nationality", "flower",
)  # fmt: skip
_WHERE = (
    "is directly left of", "lives next to", "is not", "is somewhere to the right of", "is the person with",
    "is two places away from",
)  # fmt: skip

Pools = Mapping[str, Sequence[str]]


class Writer:
    """Makes prompts from templates."""

    def __init__(self, pools: Pools, rng: random.Random) -> None:
        self.pools, self.rng = pools, rng

    def text(self, template: str) -> str:
        """Returns a template with its choices made and its slots filled."""
        # Braces of JSON inside templates have no bar and are quoted: they stay.
        for _ in range(6):
            made = _CHOICE.sub(self._choose, template)
            if made == template:
                break
            template = made
        for _ in range(3):
            template = _SLOT.sub(self._fill, template)
        return template

    def _choose(self, found: re.Match[str]) -> str:
        if '"' in found[1] or ("|" not in found[1] and "@" not in found[1]):
            return found[0].replace("{", "\x01").replace("}", "\x02")
        return self.rng.choice(found[1].split("|"))

    def _fill(self, found: re.Match[str]) -> str:
        name = found[1]
        made = getattr(self, f"_{name}", None)
        if made is not None:
            return str(made())
        pool = self.pools.get("document" if name == "doc" else name)
        return found[0] if pool is None else self.rng.choice(pool)

    def _many_labels(self) -> str:
        labels = self.rng.sample(self.pools["label"], self.rng.randint(5, 9))
        return self.rng.choice([", ", " / ", " | ", "; ", ", "]).join(labels)

    def _list_labels(self) -> str:
        labels = self.rng.sample(self.pools["label"], self.rng.randint(5, 9))
        style = self.rng.choice(["- {}", "{n} {}", "{n}. {}", "{}", "{n}: {}"])
        return "\n".join(
            style.replace("{n}", str(n)).replace("{}", label) for n, label in enumerate(labels, 1)
        )

    def _files(self) -> str:
        names = self.rng.sample(self.pools["file"], self.rng.randint(3, 5))
        return self.rng.choice([", ", "\n", "\n- "]).join(names)

    def _passages(self) -> str:
        style = self.rng.choice(
            ["[{n}] {}", "{n}. {}", '<doc id="{n}">{}</doc>', "Chunk {n}: {}", "doc{n}: {}", "({n}) {}"]
        )
        docs = [self._clipped() for _ in range(self.rng.randint(2, 5))]
        return "\n".join(style.replace("{n}", str(n)).replace("{}", doc) for n, doc in enumerate(docs, 1))

    def _multidoc(self) -> str:
        head = self.rng.choice(
            [
                "Document {n}: ",
                "### Source {n}\n",
                "Report {a}\n",
                "<document {n}>\n",
                "Interview {n}: ",
                "Statement {n}: ",
                "[{n}] ",
                "=== Document {a} ===\n",
                "{x}:\n",
            ]
        )
        titles = ["CONTRACT", "MINUTES", "MAIL", "PRESS RELEASE", "INTERVIEW", "SURVEY", "LETTER"]
        docs = [self._clipped(long=True) for _ in range(self.rng.randint(2, 5))]
        return "\n\n".join(
            head.replace("{n}", str(n)).replace("{a}", "ABCDEF"[n - 1]).replace("{x}", titles[n]) + doc
            for n, doc in enumerate(docs, 1)
        )

    def _doc_long(self) -> str:
        return "\n\n".join(self.rng.sample(self.pools["document"], 4))

    def _grid(self) -> str:
        traits = self.rng.sample(_TRAITS, 4)
        names = self.rng.sample(self.pools["name"], 4)
        clues = [self._clue(names, traits) for _ in range(self.rng.randint(4, 9))]
        style = self.rng.choice(["{n}. {}", "- {}", "{}", "({n}) {}"])
        listed = "\n".join(
            style.replace("{n}", str(n)).replace("{}", clue) for n, clue in enumerate(clues, 1)
        )
        people = self.rng.choice(["friends", "people", "colleagues", "neighbours"])
        place = self.rng.choice(["sit", "live", "stand"])
        opening = self.rng.choice(
            [
                f"There are 4 houses in a row. In each lives one of {', '.join(names)}, with a unique {traits[0]}.",
                f"{len(names)} {people} {place} in a row and differ in {traits[0]} and {traits[1]}.",
                f"Use the clues to find out who has which {traits[0]}.",
            ]
        )
        ask = self.rng.choice(
            [
                "Who lives in the third house?",
                "Fill in the grid.",
                f"Which {traits[1]} belongs to {names[0]}?",
                "Deduce the order.",
                "Determine every assignment.",
            ]
        )
        return f"{opening}\n\n{self.rng.choice(['Clues:', 'Constraints:', 'Hints:', ''])}\n{listed}\n\n{ask}"

    def _clue(self, names: Sequence[str], traits: Sequence[str]) -> str:
        first = self.rng.choice(["The person with the " + self.rng.choice(traits), *names])
        where = self.rng.choice(_WHERE)
        second = self.rng.choice([*names, "the one whose " + self.rng.choice(traits) + " is red"])
        return f"{first} {where} {second}."

    def _clipped(self, *, long: bool = False) -> str:
        doc = self.rng.choice([*self.pools["document"], *self.pools["review"], *self.pools["message"]])
        return doc if long else " ".join(doc.split()[: self.rng.randint(4, 14)])
