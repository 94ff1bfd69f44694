"""`suffice captures`: what the proxy has captured of requests and answers."""

from suffice.cli import Commands

command = Commands(
    package=__name__,
    name="captures",
    help="Show and delete what was captured of requests and answers.",
    epilog="""\b
Examples:
  suffice captures list
  suffice captures purge --older-than 7 --yes
""",
)
