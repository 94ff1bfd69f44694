from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.policy.refusals import MOST_CHARS, is_refusal

REFUSALS = (
    "I'm sorry, but I can't assist with that request.",
    "I can’t help with that.",  # noqa: RUF001 -- the apostrophe that models write
    "I cannot fulfill this request.",
    "I'm unable to help with that.",
    "Sorry, I can't do that.",
    "I apologize, but I cannot comply with your request.",
    "I am not able to assist with such requests.",
    "Unfortunately, I can't discuss that.",
    "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
    "Ich kann dir dabei leider nicht helfen.",
    "Désolé, mais je ne peux pas vous aider avec cette demande.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Mi dispiace, ma non posso aiutarti con questa richiesta.",
    "Desculpe, mas não posso ajudar com isso.",
    "Sorry, daar kan ik je niet mee helpen.",
    "Przykro mi, ale nie mogę w tym pomóc.",
    "Извините, но я не могу помочь с этим запросом.",  # noqa: RUF001 -- it is Russian
    "抱歉，我无法协助您完成这个请求。",  # noqa: RUF001 -- its own comma
    "申し訳ありませんが、そのご質問にはお答えできません。",
    "죄송하지만, 그 요청은 도와드릴 수 없습니다.",
)
ANSWERS = (
    "I cannot find the order in the text.",
    "I can't provide the total, because the invoice is missing.",
    "Sorry, no seats left.",
    "I'm sorry to hear that. Call us, we can help.",
    "No puedo encontrar la factura.",
    "I can't wait to help with that!",
    'The user said: "I can\'t help with that."',
    "Ich kann Ihnen dabei helfen.",
    "无法找到订单号。",
    "申し訳ありませんが、在庫がありません。",
    "refusal",
    "",
    "   ",
)


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_recognised_in_many_languages(text: str) -> None:
    assert is_refusal(text)
    assert is_refusal(f"\n {text.upper()} ")


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_none(text: str) -> None:
    assert not is_refusal(text)


def test_a_long_text_is_an_answer_whatever_it_begins_with() -> None:
    assert not is_refusal("I can't help with that. But here is what you can do instead: " + "x" * MOST_CHARS)


@given(st.text(max_size=700))
def test_any_text_can_be_asked_about(text: str) -> None:
    assert is_refusal(text) in {True, False}
    assert not is_refusal("The answer is 4. " + text[:200])
