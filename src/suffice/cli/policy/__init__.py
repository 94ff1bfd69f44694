"""`suffice policy`: what is certified and in use; a command a file."""

from __future__ import annotations

from suffice.cli import Commands

command = Commands(
    package=__name__,
    name="policy",
    help="Look at, compare, test and put to use what trials have certified.",
    epilog="""\b
Example:
  suffice certify 3f2a
  suffice policy diff
  suffice policy test --week recorded --max-quality-loss 0.02
  suffice policy publish --note "ticket triage certified"
""",
)
