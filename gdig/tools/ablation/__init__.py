"""The paper's ablations as DVC experiments."""
