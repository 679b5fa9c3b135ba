"""Long passes over the pool: shards, processes, replicates."""
