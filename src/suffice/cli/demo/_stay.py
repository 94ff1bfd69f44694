"""The end of the demo: the proxy stays up, and what to try with it."""

from __future__ import annotations

from suffice.cli.demo._material import Material
from suffice.cli.demo._stage import Stage


def stay(stage: Stage, material: Material, *, routed: bool) -> None:
    """Says what to try, and leaves the proxy up until Ctrl-C.

    Raises:
        ChildError: The proxy ended by itself.
    """
    stage.say(
        f"\nThe proxy stays up. Point a client at it, any key will do:\n"
        f"  OPENAI_BASE_URL={stage.url}/v1\n  ANTHROPIC_BASE_URL={stage.url}\n"
        f"Only prompts of {material.answers} get an answer here; with a suffice.toml of your own, the "
        "providers answer."
    )
    stage.say("\nIn another terminal, in this folder (after `make demo`, suffice is in .venv/bin):")
    stage.say(f"  export SUFFICE_CONFIG={stage.config}")
    for line in _next(stage, routed=routed):
        stage.say(f"  {line}")
    stage.say("\nCtrl-C ends everything.")
    try:
        stage.wait_for_end()
    except KeyboardInterrupt:
        stage.say("\nended")


def _next(stage: Stage, *, routed: bool) -> list[str]:
    entries = [one.outcome for one in stage.entries() if one.outcome.leg == "served"]
    last = next((one for one in reversed(entries) if one.sent_model), entries[-1] if entries else None)
    lines = [] if last is None else [f"suffice explain --decision {last.id}"]
    if routed:
        lines += [
            "suffice mode observe       # back, within a second",
            "suffice bakeoff report --html bakeoff.html",
        ]
    return lines
