"""The official measurement of routing: `make bench-routing DATA=...`, results in docs/routing-quality.md."""
