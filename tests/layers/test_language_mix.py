from __future__ import annotations

import pytest
from conversations import demand, scored


def test_demand_grows_with_the_distance_from_english() -> None:
    english = demand("language_mix", "What is the capital of the country that lies north of Spain?")
    spanish = demand("language_mix", "¿Cuál es la capital del país que está al norte de España?")
    chinese = demand("language_mix", "西班牙北边的国家的首都是哪里")
    hindi = demand("language_mix", "स्पेन के उत्तर में स्थित देश की राजधानी क्या है?")
    amharic = demand("language_mix", "ከስፔን በስተሰሜን የሚገኘው አገር ዋና ከተማ ማን ናት?")
    assert [english, spanish, chinese, hindi, amharic] == [0.0, 0.2, 0.3, 0.45, 0.65]


def test_a_mix_and_a_translation_demand_more() -> None:
    alone = demand("language_mix", "西班牙北边的国家的首都是哪里")
    mixed = scored(
        "language_mix", "西班牙北边的国家的首都是哪里", system="You are the guide to the city for all."
    )
    assert (mixed.demand or 0.0) > alone
    assert "English" in mixed.reason
    question = "Translate this to English for the team, and keep it as short as you can: guten Morgen"
    assert demand("language_mix", question) == pytest.approx(0.1)


@pytest.mark.parametrize("question", ["", "12345", "asdf qwer", "<|endoftext|>"])
def test_where_nothing_tells_the_language_it_abstains(question: str) -> None:
    assert scored("language_mix", question).demand is None
