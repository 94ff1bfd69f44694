"""PREDICT: how good a candidate would be. Pure."""
