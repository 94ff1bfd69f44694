"""CHOOSE: constraints, the choice and its reasons. Pure."""
