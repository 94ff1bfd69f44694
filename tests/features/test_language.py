# ruff: noqa: RUF001 -- letters and marks of other scripts
from __future__ import annotations

import random

import pytest

from suffice.features import language
from suffice.features.language import KNOWN, language_of
from suffice.features.task import words_of

SENTENCES = {
    "en": "The train to the coast was late, and nobody could say when it would leave.",
    "es": "El tren de la costa llegó tarde y nadie sabe cuándo sale, pero también hay un autobús.",
    "fr": "Le train pour la côte est en retard et nous ne savons pas quand il part, mais vous êtes ici.",
    "de": "Der Zug zur Küste ist nicht pünktlich, und wir wissen auch nicht, wann er wieder fährt.",
    "it": "Il treno per la costa è in ritardo e non si sa quando parte, ma sono anche arrivati gli altri.",
    "pt": "O trem para a costa não chegou e você não sabe quando ele sai, mas também há um ônibus.",
    "nl": "De trein naar het strand is niet op tijd en wij weten ook niet wanneer hij vertrekt.",
    "pl": "Pociąg nie jest na czas i nikt nie wie, czy to będzie dla nas, ale jak się jedzie?",
    "tr": "Bu tren çok geç ve daha ne kadar için bir şey olarak gibi değil ama nasıl?",
    "Cyrillic": "Поезд на побережье опоздал, и никто не знает, когда он отправится.",
    "el": "Το τρένο για την ακτή άργησε και κανείς δεν ξέρει πότε φεύγει.",
    "zh": "去海边的火车晚点了，没有人知道什么时候开。",
    "ja": "海岸行きの電車は遅れていて、いつ出るか誰も知りません。",
    "ko": "해안으로 가는 기차가 늦었고 언제 떠날지 아무도 모릅니다.",
    "ar": "تأخر القطار المتجه إلى الساحل ولا أحد يعرف متى سيغادر.",
    "he": "הרכבת לחוף מאחרת ואף אחד לא יודע מתי היא יוצאת.",
    "hi": "तट की ट्रेन देर से है और कोई नहीं जानता कि वह कब जाएगी।",
    "th": "รถไฟไปชายฝั่งมาช้าและไม่มีใครรู้ว่าจะออกเมื่อไร",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_languages_are_told_apart(code: str) -> None:
    lower = SENTENCES[code].lower()
    assert language_of(words_of(lower), lower).main == code
    assert language_of(words_of(lower) & KNOWN, lower).main == code


def test_a_second_language_is_seen() -> None:
    lower = f"{SENTENCES['en']} {SENTENCES['zh']}".lower()
    found = language_of(words_of(lower), lower)
    assert {found.main, found.second} == {"en", "zh"}
    assert found.unspaced
    lower = f"{SENTENCES['en']} {SENTENCES['de']}".lower()
    assert {language_of(words_of(lower), lower).main, language_of(words_of(lower), lower).second} == {
        "en",
        "de",
    }


def test_a_text_in_english_is_english_at_once_only_if_no_other_language_has_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dice = random.Random(5)
    english = ["the", "of", "and", "to", "that", "is", "be", "or", "in", "it", "for", "your", "my", "a"]
    # Most of these belong to several of the Romance languages.
    others = [
        "de",
        "la",
        "que",
        "en",
        "un",
        "una",
        "con",
        "para",
        "como",
        "se",
        "por",
        "o",
        "e",
        "al",
        "il",
        "lo",
        "más",
    ]
    mixed = [
        frozenset(dice.choices(english, k=dice.randint(1, 6)) + dice.choices(others, k=dice.randint(0, 6)))
        for _ in range(1_000)
    ]
    at_once = [language_of(words, "").main for words in mixed]
    # Without the words that only English has none is told at once: all are counted.
    monkeypatch.setattr(language, "_ENGLISH", frozenset())
    counted = [language_of(words, "").main for words in mixed]
    assert at_once == counted
    assert {"en", "es"} < set(counted)


@pytest.mark.parametrize("text", ["", "12 34", "qwer asdf", "\ud800\udfff", "\U0001f600" * 50, "α + β"])
def test_what_tells_nothing_has_no_language(text: str) -> None:
    assert language_of(words_of(text), text).main in {"", "el"}
    assert language_of(words_of(text), text).second == ""
