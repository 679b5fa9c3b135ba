"""Selectors: each turns what a stage has measured into a ranking, the ordered ids of the pairs to train on.

One file a selector; the stem is its name in `params.yaml`, and the stage `rank_<stem>` gathers what it needs. The
first k ids of a ranking are the subset of budget k. No selector sees labels, and none depends on the pool's order.
"""
