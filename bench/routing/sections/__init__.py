"""One file a section of the measurement: `run` measures, `page` writes what was measured, `plot` draws it."""
