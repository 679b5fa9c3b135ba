"""Files, records, orders and rankings: small, stable, used by every stage."""
