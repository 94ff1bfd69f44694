"""LEARN: what past traffic and its outcomes show; everything here runs off the path of requests."""
