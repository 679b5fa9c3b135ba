"""How much of the full pool's quality a selector keeps, for what share of its pairs: the comparison of Liu et al. 2024
(arXiv 2406.14115), and what two rankings have in common.
"""
