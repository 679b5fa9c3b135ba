"""Cost and exactness of influence engines on one workload: `python -m benchmarks.influence --help`."""
