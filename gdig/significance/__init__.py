"""How sure a difference is: intervals, paired resampling of segments, the t-test over budgets, Holm's correction."""
