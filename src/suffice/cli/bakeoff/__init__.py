"""`suffice bakeoff`: tries cheaper models on requests of one's own, to a verdict."""

from suffice.cli import Commands

command = Commands(
    package=__name__,
    name="bakeoff",
    help="Prove on your own requests where a cheaper model is as good: plan a trial, run it, look at it.",
    short_help="Prove on your own requests where a cheaper model is as good.",
    epilog="""\b
Example:
  suffice import logs/ --format openai
  suffice bakeoff plan --candidate gpt-4o-mini --grader numeric,field=answer
  suffice bakeoff run TRIAL --max-usd 5
  suffice bakeoff show TRIAL
""",
)
