"""Demo traffic: weeks of a shop platform's requests and what six models answer to them, from a seed."""

from suffice.testing.traffic.week import USE_CASES, write_weeks

__all__ = ["USE_CASES", "write_weeks"]
