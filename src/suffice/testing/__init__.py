"""Public fakes and contract checks, for the tests of suffice and of what is built on it."""

from suffice.testing.check_layer import check_layer
from suffice.testing.replay_upstream import ReplayOptions, ReplayUpstream, Served, key_digest

__all__ = ["ReplayOptions", "ReplayUpstream", "Served", "check_layer", "key_digest"]
