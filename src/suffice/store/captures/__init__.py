"""Captured calls on disk: what a record is, the files that workers write, how they are kept small, and reading them."""
