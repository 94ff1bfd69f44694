"""SETTLE: entries, usage, prices and what is folded from them. Pure."""
