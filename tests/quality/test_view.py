from __future__ import annotations

import numpy as np
from asks import BODIES, chat, request, tool
from hypothesis import given

from suffice.features import read
from suffice.quality.view import LESS, MORE, SHAPE, forget, view_of


def shape(*arguments: object, **more: object) -> dict[str, float]:
    found = view_of(read(chat(*arguments, **more))).shape  # type: ignore[arg-type] -- as chat takes them
    return dict(zip(SHAPE, found.tolist(), strict=True))


def test_every_value_has_its_names() -> None:
    assert len(SHAPE) == len(MORE) == len(LESS)


def test_the_shape_says_what_words_do_not() -> None:
    plain = shape("Say something")
    assert shape("Why is that?")["asks"] > plain["asks"]
    assert shape("Call f(x_1) and g(y_2);")["code"] > plain["code"]
    assert shape("I lost my key and we need it")["first_person"] > plain["first_person"]
    assert shape("Say something " * 50)["question_tokens"] > plain["question_tokens"]
    assert shape("Solve $x^2 = 4$")["formulas"] > plain["formulas"]


def test_tools_that_fit_the_question_are_near_it() -> None:
    asked = "What will the weather be in Oslo?"
    near = shape(asked, tools=[tool("get_weather_forecast")])
    far = shape(asked, tools=[tool("sort_integers")])
    assert near["tools_near"] > far["tools_near"]
    assert near["tools"] == far["tools"] > 0


def test_it_is_the_same_when_the_tools_are_remembered() -> None:
    asked = read(chat("What now?", tools=[tool("a"), tool("b")]))
    forget()
    first = view_of(asked)
    assert np.array_equal(view_of(asked).shape, first.shape)


@given(BODIES)
def test_any_body_has_a_view_of_finite_numbers(body: dict[str, object]) -> None:
    found = view_of(read(request(body)))
    assert np.isfinite(found.shape).all()
    assert np.isfinite(found.fingerprint).all()
