"""A provider made of recorded answers: all three wire formats, streaming, tool calls, faults on demand.

A request goes this way: `app` reads it, `library` judges it as a provider would, `prompt_key` says which
recorded prompt it is, `answers` finds what that model said, `chat_completions`, `responses` or `messages`
renders it, and `delivery` sends it with the `faults` that were asked for.
"""

from suffice.testing.replay_upstream.app import key_digest
from suffice.testing.replay_upstream.options import ReplayOptions
from suffice.testing.replay_upstream.served import Served
from suffice.testing.replay_upstream.upstream import ReplayUpstream

__all__ = ["ReplayOptions", "ReplayUpstream", "Served", "key_digest"]
