"""Bake-offs on recorded answers, many times over, where the truth is known."""
