from __future__ import annotations

from pathlib import Path

import pytest

from suffice.config import load
from suffice.config.settings import Settings
from suffice.errors import ConfigError

DAY, MONTH = "budget_usd_per_day = 5", "budget_usd_per_month = 50"
FRUGAL = 'when_spent = "economise"\neconomise_evidence = "prior"\n'


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "suffice.toml"
    path.write_text(text)
    return load(path, {})


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return caught.value.message.replace(f"{folder}/", "").splitlines()


@pytest.mark.parametrize(
    "text",
    [
        f"[features.faq]\n{DAY}\n{MONTH}\n",
        f'[features.faq]\n{DAY}\nwhen_spent = "economise"\neconomise_evidence = "prior"\n',
        # What is said of each counts in features that have a budget.
        f'[budgets]\nwhen_spent = "refuse"\n[features.faq]\n{DAY}\n',
        f'[budgets]\neconomise_evidence = "prior"\n[features.faq]\n{DAY}\nwhen_spent = "economise"\n',
        '[budgets]\nusd_per_day = 1\ntotal_usd_per_day = 0.5\ntotal_when_spent = "refuse"\n',
        # One use case is let off what holds for each.
        '[budgets]\nusd_per_day = 1\nwhen_spent = "refuse"\n[features.faq]\nwhen_spent = "notify"\n',
        f"[budgets]\nusd_per_day = 90\n[features.faq]\n{MONTH}\n",
        # The default, as `suffice check-config` writes it.
        '[budgets]\nwhen_spent = "notify"\ntotal_when_spent = "notify"\n',
        # As little as it asks for anyway is a matter of that feature alone.
        f'[budgets]\nusd_per_day = 1\n{FRUGAL}[features.faq]\nevidence = "prior"\n',
    ],
)
def test_what_can_be_meant(tmp_path: Path, text: str) -> None:
    settings = loaded(tmp_path, text)
    assert ("faq" in settings.features) == ("[features.faq]" in text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[features.faq]\nbudget_usd_per_day = 0",
            "suffice.toml:2: budget_usd_per_day must be a number from 0.001",
        ),
        ("[budgets]\nusd_per_month = -3", "suffice.toml:2: usd_per_month must be a number from 0.001"),
        ("[budgets]\nusd_per_month = nan", "suffice.toml:2: usd_per_month must be a number from 0.001"),
        ("[budgets]\nusd_per_week = 3", 'suffice.toml:2: unknown key "usd_per_week" in [budgets]; did you mean'),
        (
            f'[features.faq]\n{DAY}\nwhen_spent = "block"',
            'suffice.toml:3: when_spent must be "economise" or "notify" or "refuse", not "block"',
        ),
        (
            f'[features.faq]\n{DAY}\nwhen_spent = "economise"\neconomise_evidence = "certified"',
            'suffice.toml:4: economise_evidence must be "calibrated" or "prior", not "certified"',
        ),
        (
            f'[features.faq]\n{DAY}\nwhen_spent = "economise"',
            'suffice.toml:3: when_spent = "economise" has to say what is enough then: add economise_evidence = ',
        ),
        (
            '[budgets]\ntotal_usd_per_day = 5\ntotal_when_spent = "economise"',
            "suffice.toml:3: total_when_spent = \"economise\" has to say what is enough then: add total_economise",
        ),
        (
            f'[features.faq]\n{DAY}\neconomise_evidence = "prior"',
            'suffice.toml:3: economise_evidence counts only with when_spent = "economise": add that, or leave it',
        ),
        (
            '[features.faq]\nwhen_spent = "refuse"',
            "suffice.toml:2: when_spent says what happens when a budget is spent, and there is none: add budget_usd",
        ),
        (
            '[budgets]\ntotal_when_spent = "refuse"\nusd_per_day = 1',
            "suffice.toml:2: total_when_spent says what happens when a budget is spent, and there is none: add total",
        ),
        (
            f"[features.faq]\n{MONTH}\nbudget_usd_per_day = 51",
            "suffice.toml:3: budget_usd_per_day = 51 is more than budget_usd_per_month = 50, so it could never be",
        ),
        (
            f'[policy]\nevidence = "prior"\n[budgets]\nusd_per_day = 5\n{FRUGAL}',
            'suffice.toml:6: economise_evidence = "prior" is no less than evidence = "prior", which serving',
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_with_its_line_and_fix(tmp_path: Path, text: str, said: str) -> None:
    problems = refused(tmp_path, text)
    assert len(problems) == 1, problems
    assert problems[0].startswith(said) or said in problems[0]
