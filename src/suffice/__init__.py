"""suffice: a routing proxy for LLM traffic that sends each prompt to the cheapest model shown to suffice."""

__version__ = "0.1.0"
