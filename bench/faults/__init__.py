"""Faults under load: the proxy beside the provider itself, both called by the official SDK with its own retries."""
