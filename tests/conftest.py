"""What several tests share: where the recorded data is, if this machine has it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code under test.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]


def require(*, present: bool, missing: str) -> None:
    """Skips the test with a reason where a part is missing; in CI that is a failure."""
    if present:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI has to have this part: {missing}")
    pytest.skip(missing)


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder of recorded outcomes and traffic: SUFFICE_DATA, or shared/data beside the checkout."""
    folder = Path(os.environ.get("SUFFICE_DATA", ROOT.parent / "shared" / "data"))
    require(present=folder.is_dir(), missing=f"recorded data is not on this machine ({folder.name})")
    return folder
