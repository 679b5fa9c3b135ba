"""Commands beside the DAG; no stage before `collect` imports them."""
