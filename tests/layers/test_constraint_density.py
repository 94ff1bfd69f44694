from __future__ import annotations

from conversations import demand, scored

RULES = [
    "You must greet.",
    "Never mention prices.",
    "Always sign.",
    "Do not use lists.",
    "Only answer in English.",
]


def test_each_further_rule_demands_more() -> None:
    demands = [
        demand("constraint_density", "Hello!", system=" ".join(RULES[:count])) for count in range(1, 6)
    ]
    assert demands == sorted(set(demands))
    many = demand("constraint_density", "Hello!", system="\n".join(f"- {rule}" for rule in RULES * 10))
    assert demands[-1] < many < 1.0


def test_a_list_of_data_is_no_list_of_rules() -> None:
    assert demand("constraint_density", "Add:\n- 1\n- 2\n- 3\n- 4") == 0.0


def test_a_form_and_a_length_are_constraints() -> None:
    alone = demand("constraint_density", "Describe tea.")
    length = demand("constraint_density", "Describe tea in 50 words.")
    both = demand("constraint_density", "Describe tea in 50 words, as JSON.")
    assert alone == 0.0
    assert alone < length < both


def test_rules_are_read_in_other_languages() -> None:
    assert demand("constraint_density", "Debes responder siempre en verso y nunca citar.") > 0.1
    assert demand("constraint_density", "回答必须用中文、不要列表。") > 0.1


def test_without_text_it_abstains() -> None:
    assert scored("constraint_density", "").demand is None
