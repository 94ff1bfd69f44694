"""ACCEPT to SETTLE: everything that awaits on the hot path, and the recorder behind it."""
