"""The first step: traffic through the proxy in observation mode, and the report."""

from __future__ import annotations

import msgspec

from suffice.cli.demo._material import Material
from suffice.cli.demo._stage import Stage
from suffice.money import usd

REPORT = ("report.html", "report.json")


def watch(stage: Stage, material: Material) -> None:
    """Plays the first week, and shows what routing would have saved."""
    stage.tell(
        1,
        "watch",
        "The application's base URL is the proxy's now, and nothing else has changed: each request goes where it was "
        "asked to go, with a shadow decision beside it.",
    )
    stage.replay(material.watched)
    page, document = (stage.out / name for name in REPORT)
    report = ("report", "--observed-days", "7")
    stage.run(*report, "--html", str(page))
    document.write_text(stage.quietly(*report, "--json"), "utf-8")
    found = msgspec.json.decode(document.read_bytes())
    projected = found["projection"]["savings_nanos"]
    stage.sum_up(
        "watched",
        f"{stage.sent:,} requests for {usd(found['total']['cost_nanos'], places=4)}; projected savings "
        f"{usd(projected, places=4)} (modelled)",
    )
