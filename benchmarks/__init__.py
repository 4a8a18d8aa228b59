"""Ratios, each pair measured side by side in one run: ``python -m benchmarks``. What they mean: docs/performance.md."""
