"""How likely a pair is sound: influence and losses together, against pairs that are known to be sound or corrupted."""
