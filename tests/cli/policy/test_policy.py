from __future__ import annotations

from click.testing import CliRunner

from suffice.cli import main


def test_every_command_on_policies_is_listed_with_an_example() -> None:
    names = ["check", "diff", "history", "publish", "rollback", "show", "test"]
    listed = CliRunner().invoke(main, ["policy", "--help"])
    assert listed.exit_code == 0
    for name in names:
        assert f"  {name} " in listed.output
        told = CliRunner().invoke(main, ["policy", name, "--help"])
        assert "Example" in told.output
