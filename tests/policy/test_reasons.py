from __future__ import annotations

import re

from suffice.policy import reasons


def test_every_reason_is_a_stable_name_with_words() -> None:
    constants = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}
    assert constants == set(reasons.TEXTS)
    assert all(re.fullmatch(r"[a-z_]+", constant) for constant in constants)
    assert len(set(reasons.TEXTS.values())) == len(constants)
