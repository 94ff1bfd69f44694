"""Smaller models lose more in languages that they saw less of, and where languages or scripts mix."""

from __future__ import annotations

from functools import lru_cache

from suffice.features import Features
from suffice.types import Score

NUMBER = 18
READS = "script and commonest words of the question and of the instructions; words that ask to translate"
SOURCE = (
    "house heuristic: English 0, well-covered European languages 0.2, Chinese, Japanese, Korean, Russian 0.3, "
    "Arabic, Hindi and others 0.45, seldom covered 0.65; 0.15 more for a mix, 0.1 for translation"
)

_ABSTAINS = Score(None, "the language cannot be told")
_NEAR = frozenset({"es", "fr", "de", "it", "pt", "nl"})
_COVERED = frozenset(
    ["zh", "ja", "ko", "Cyrillic", "sv", "da", "no", "pl", "cs", "tr", "ro", "hu", "fi", "id", "vi", "el"]
)
_LESS = frozenset({"ar", "he", "hi", "th", "bn", "ta", "te"})
_NAMES = {
    "en": "English", "es": "Spanish", "fr": "French", "de": "German", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "Cyrillic": "Cyrillic script",
    "ar": "Arabic script", "he": "Hebrew", "hi": "Devanagari script", "th": "Thai", "bn": "Bengali", "ta": "Tamil",
    "te": "Telugu", "sv": "Swedish", "da": "Danish", "no": "Norwegian", "pl": "Polish", "cs": "Czech",
    "tr": "Turkish", "ro": "Romanian", "hu": "Hungarian", "fi": "Finnish", "id": "Indonesian", "vi": "Vietnamese",
    "el": "Greek", "sw": "Swahili", "tl": "Tagalog",
}  # fmt: skip


def score(features: Features) -> Score:
    """Returns a demand that grows with the distance from English; abstains where the language cannot be told."""
    language, told = features.language, features.instructions_language
    main = language.main
    if not main:
        return _ABSTAINS
    second = language.second or (told.main if told.main != main else "")
    return _scored(main, second, "translate" in features.cues)


@lru_cache(maxsize=1_024)
def _scored(main: str, second: str, translation: bool) -> Score:
    demand = (
        max(_distance(main), _distance(second)) + (0.15 if second else 0.0) + (0.1 if translation else 0.0)
    )
    name = _NAMES.get(main, f"language {main}")
    mix = f" with {_NAMES.get(second, f'language {second}')}" if second else ""
    return Score(min(1.0, demand), f"{name}{mix}{', to translate' if translation else ''}")


def _distance(language: str) -> float:
    if language in {"en", ""}:
        return 0.0
    if language in _NEAR:
        return 0.2
    if language in _COVERED:
        return 0.3
    return 0.45 if language in _LESS else 0.65
