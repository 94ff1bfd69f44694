"""CHOOSE: is a text nothing but a refusal? Only short answers that begin by saying no to the whole request are one.

"I cannot find the order number in the text" is an answer; "I can't help with that" is none. House heuristic, for the
languages that models refuse in most.
"""

from __future__ import annotations

from itertools import product

MOST_CHARS = 300
_SAME = (
    ("\u2019", "'"), ("\u02bc", "'"), ("i am ", "i'm "), ("cannot", "can't"), ("can not", "can't"),
    ("fulfill", "fulfil"),
)  # fmt: skip
_LEADS = (
    "i'm very sorry", "i'm really sorry", "i'm so sorry", "i'm sorry", "sorry", "i apologize", "i apologise",
    "my apologies", "apologies", "unfortunately", "but",
    "es tut mir leid", "tut mir leid", "entschuldigung", "leider", "aber",
    "je suis désolée", "je suis désolé", "désolée", "désolé", "malheureusement", "mais",
    "lo siento", "lamentablemente", "pero", "mi dispiace", "purtroppo", "ma ",
    "lamento", "desculpe", "sinto muito", "infelizmente", "mas ",
    "het spijt me", "helaas", "maar", "przepraszam", "przykro mi", "niestety", "ale ",
    "извините", "простите", "к сожалению", "но ",
    "很抱歉", "非常抱歉", "抱歉", "对不起", "對不起", "不好意思", "但",
)  # fmt: skip
"""Words of regret, which say nothing yet."""
_MOST_LEADS = 4


def _said(*parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(" ".join(words) for words in product(*parts))


_BEGINNINGS = (
    *_said(
        ("i can't", "we can't", "i'm unable to", "i'm not able to", "i won't", "i will not"),
        ("help", "help you", "assist", "assist you", "comply", "engage"),
        ("with that", "with this", "with these", "with those", "with such", "with your request"),
    ),
    *_said(("i can't", "i'm unable to", "i'm not able to", "i won't"), ("fulfil",), ("that", "this", "your", "such")),
    *_said(("i can't", "i won't"), ("do that.", "discuss that.", "answer that.", "discuss this.", "provide that.")),
    *_said(
        ("dabei kann ich", "damit kann ich", "hierbei kann ich", "bei dieser anfrage kann ich"),
        ("nicht helfen", "dir nicht helfen", "ihnen nicht helfen", "leider nicht helfen", "dir leider nicht helfen",
         "ihnen leider nicht helfen", "ihnen nicht weiterhelfen", "leider nicht weiterhelfen"),
    ),
    *_said(
        ("ich kann dir", "ich kann ihnen", "ich kann"),
        ("dabei nicht", "dabei leider nicht", "damit nicht", "damit leider nicht", "bei dieser anfrage nicht"),
        ("helfen", "weiterhelfen"),
    ),
    *_said(
        ("je ne peux pas", "je ne suis pas en mesure de"),
        ("vous aider avec", "t'aider avec", "répondre à cette", "satisfaire cette", "donner suite à"),
    ),
    *_said(
        ("no puedo",), ("ayudarte con", "ayudarle con", "ayudar con", "asistirte con", "cumplir con"),
        ("eso", "esto", "esa", "esta", "tu solicitud", "su solicitud"),
    ),
    *_said(
        ("non posso",), ("aiutarti con", "aiutarla con", "aiutare con", "soddisfare"),
        ("questo", "questa", "ciò", "la tua richiesta", "la sua richiesta"),
    ),
    *_said(
        ("não posso", "não consigo"), ("ajudar com", "te ajudar com", "ajudá-lo com", "ajudar você com", "atender a"),
        ("isso", "isto", "essa", "esta", "esse", "sua solicitação"),
    ),
    *_said(("daar kan ik", "hier kan ik"), ("je niet", "u niet", "niet"), ("mee helpen", "bij helpen")),
    *_said(
        ("nie mogę", "nie mogę ci", "nie mogę panu", "nie mogę pani"), ("w tym pomóc", "z tym pomóc", "pomóc w tym")
    ),
    *_said(
        ("я не могу",),
        ("помочь с", "помочь вам с", "вам помочь с", "выполнить", "ответить на"),  # noqa: RUF001 -- it is Russian
        ("этим", "этой", "этот", "ваш", "вашим"),
    ),
    *("".join(words) for words in product(
        ("我", ""), ("无法", "無法", "不能"), ("帮助", "协助", "協助", "幫助", "满足", "滿足", "回答"),
        ("您", "你", "这个请求", "该请求", "此请求", "這個請求", "这个问题"),
    )),
)  # fmt: skip
_REGRET_THEN = (
    (("申し訳ありません", "申し訳ございません", "大変申し訳", "すみません"),
     ("お答えできません", "お答えすることはできません", "お手伝いできません", "お手伝いすることはできません",
      "対応できません", "お応えできません", "いたしかねます", "できかねます")),
    (("죄송하지만", "죄송합니다", "죄송합니다만"),
     ("도와드릴 수 없습니다", "도움을 드릴 수 없습니다", "답변드릴 수 없습니다", "답변해 드릴 수 없습니다")),
)  # fmt: skip
"""Japanese and Korean say no at the end."""


def is_refusal(text: str) -> bool:
    """Tells whether a whole answer says no more than that it will not answer.

    >>> is_refusal("I'm sorry, but I can't help with that."), is_refusal("I cannot find a date in the text.")
    (True, False)
    """
    if len(text) > 2 * MOST_CHARS:
        return False
    said = text.strip().lower()
    if not 0 < len(said) <= MOST_CHARS:
        return False
    for other, ours in _SAME:
        said = said.replace(other, ours)
    ending = said.rstrip(".!。 ")
    if any(said.startswith(regret) and ending.endswith(no) for regret, no in _REGRET_THEN):
        return True
    for _ in range(_MOST_LEADS):
        lead = next((lead for lead in _LEADS if said.startswith(lead)), "")
        said = said[len(lead) :].lstrip(" ,.!;:\uff0c。、")
    return said.startswith(_BEGINNINGS)
