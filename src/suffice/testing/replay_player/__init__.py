"""Plays a recorded week through a server: what `suffice replay` does, for tests and benchmarks as well."""

from suffice.testing.replay_player.plan import Plan, Planned
from suffice.testing.replay_player.player import Pace, Player
from suffice.testing.replay_player.state import DoneIds
from suffice.testing.replay_player.tally import Result, Tally

__all__ = ["DoneIds", "Pace", "Plan", "Planned", "Player", "Result", "Tally"]
