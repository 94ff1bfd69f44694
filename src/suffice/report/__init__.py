"""The projection in words, tables and plots: for the terminal, as JSON, as one HTML page."""
