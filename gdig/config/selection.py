"""Sections of the quality rule and of clusters."""

from gdig.config.section import Count, Section, Seed


class Quality(Section):
    """Equation 4 and its relaxation."""

    min_survivors: Count | None


class Diversity(Section):
    """K-means clusters of the survivors."""

    num_clusters: Count
    min_cluster_size: Count
    normalise: bool
    seed: Seed
