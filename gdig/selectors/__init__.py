"""Selectors: each converts measurements of the pool into a ranking, the ordered ids of the pairs to train on.

One file per selector; the stem is its name in `params.yaml`, and the stage `rank_<stem>` reads its inputs. The first k
ids of a ranking are the subset of budget k. No selector uses labels, and none depends on the order of the pool.
"""
