from __future__ import annotations

import msgspec
import pytest

from suffice.testing.replay_upstream.served import Ending, Served


@pytest.mark.parametrize(("ending", "left"), [("complete", False), ("fault", False), ("client_left", True)])
def test_only_a_client_that_left_disconnected(ending: Ending, left: bool) -> None:
    served = Served(method="POST", path="/", api="other", model="", status=200, ending=ending)
    assert served.disconnected is left
    assert msgspec.json.decode(msgspec.json.encode(served), type=Served) == served
