"""Where raw pairs come from: one module per `pool.source`."""
