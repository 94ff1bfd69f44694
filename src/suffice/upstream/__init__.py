"""FORWARD: the shared HTTP pool to the providers, and the vendors that are known by name."""
