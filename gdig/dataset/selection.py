"""Description of each selector for the card: how it selects, and what its score means."""

from typing import NamedTuple

_INFLUENCE = "mean influence on the seeds: negative lowers their loss"


class Description(NamedTuple):
    """A selector in words."""

    how: str
    score: str | None
    """Meaning of the score, and which end is better; None if there is no score."""


SELECTORS = {
    "random": Description("a seeded uniform order of the pool: the control", None),
    "random_length": Description("a random order with the lengths of the seeds: a control", None),
    "loss": Description(
        "lowest loss of the target under the warm-up model, which was finetuned on the noisy pool, first",
        "that loss, nats a token",
    ),
    "base_loss": Description(
        "lowest loss of the target under the base model, in its own format, first", "that loss, nats a token"
    ),
    "gdig_quality": Description(
        "pairs that pass the quality rule: their influence, by the gradients of the warm-up model, lowers the loss on "
        "the seed pairs; most helpful on average first, or in a random order (`rank_gdig_quality.order`)",
        _INFLUENCE,
    ),
    "gdig": Description(
        "G-DIG: pairs that pass the quality rule, one of each cluster of their gradients in turn, so that the order is "
        "not that of the score",
        _INFLUENCE,
    ),
    "gdig_embedding": Description(
        "G-DIG with clusters of sentence embeddings in place of gradients; the order is not that of the score",
        _INFLUENCE,
    ),
    "gdig_joint": Description(
        "joint G-DIG: pairs that influence and losses, against corrupted copies of the seeds, say are likely sound; "
        "each raises the determinant of qualities and gradients most beside those before it, so that the order is not "
        "that of the score",
        "mean position in the pool by consistency of influence and both losses, 0 to 1: higher is better",
    ),
    "reward": Description("highest reward of the target as the answer to the prompt first", "that reward"),
    "mods": Description(
        "MoDS (Du et al. 2023): pairs of high reward that cover the others, then those that the model still translates "
        "badly; the order is not that of the score",
        "reward of the target as the answer to the prompt: higher is better",
    ),
    "ifd": Description(
        "IFD (Li et al. 2024): the instruction helps least with the target, by a model with a little experience, among "
        "pairs where it helps at all (`rank_ifd.direction` may turn this around)",
        "loss of the target with the instruction, divided by that without",
    ),
    "superfiltering": Description(
        "SuperFiltering (Li et al. 2024): as IFD, by perplexities under a model that was not trained for it",
        "perplexity of the target with the prompt, divided by that without",
    ),
    "delta_loss": Description(
        "loss of the target that a model finetuned on the seeds takes away, most first (in the line of Moore & Lewis "
        "2010 and RHO-LOSS, Mindermann et al. 2022)",
        "that difference, nats a token: higher is better",
    ),
    "nuggets": Description(
        "Nuggets (Li et al. 2023): as the one demonstration, the pair makes most seeds' targets more likely",
        "share of those seeds: higher is better",
    ),
    "less": Description(
        "LESS (Xia et al. 2024): gradients of adapters, as Adam would step, most like those of the seeds first",
        "similarity, summed over checkpoints by their rate: higher is better",
    ),
    "rds": Description(
        "RDS+ (Ivison et al. 2025): each seed in turn takes the pair whose representation is most like its own; the "
        "order is not that of the score",
        "highest cosine with a seed: higher is better",
    ),
    "tsds": Description(
        "TSDS (Liu et al. 2024): a seeded draw by probabilities of an optimal transport from the seeds, less where the "
        "pool is dense",
        "that probability",
    ),
    "external": Description(
        "highest score first that another tool gave the pair; which one stands in `external.files`",
        "that score, its sign turned where low is better; of several files the mean relative rank",
    ),
    "comet_qe": Description(
        "highest score first of a reference-free COMET (Rei et al. 2022), the target as translation of the source",
        "that score, about 0 to 1: higher is better",
    ),
    "similarity": Description(
        "sides most alike under a multilingual encoder first, by cosine or ratio margin (Artetxe & Schwenk 2019)",
        "that similarity: higher is better",
    ),
    "dual_ce": Description(
        "dual conditional cross-entropy (Junczys-Dowmunt 2018): the base model's losses of both directions low, alike",
        "exp of minus their difference and mean: higher is better",
    ),
    "tfidf": Description(
        "each seed in turn takes the pair with most of its words (TF-IDF); the order is not that of the score",
        "highest cosine with a seed: higher is better",
    ),
    "craft": Description(
        "CRAFT (Panda et al. 2026): clusters of sources in the proportions of the seeds, in each the targets nearest "
        "to the seeds' first",
        "minus the mean distance of the target to those of the seeds with like sources: higher is better",
    ),
    "dsir": Description(
        "DSIR (Xie et al. 2023): a seeded sample by importance weights of n-grams, seeds against pool",
        "logarithm of that weight",
    ),
    "fusion": Description(
        "best places in several rankings together (`fusion.rankings`, `fusion.method`)",
        "mean place, 0 to 1: higher is better",
    ),
    "alpagasus": Description(
        "AlpaGasus (Chen et al. 2024): highest rating of the translation by a judge first",
        "that rating, 0 to 5; -1 where there is none",
    ),
    "instag": Description(
        "InsTag (Lu et al. 2024): sources with many tags by a judge, each adding some to those before it in its pass",
        "number of tags",
    ),
    "deita": Description(
        "DEITA (Liu et al. 2024): complexity of the source x quality of the translation by a judge, pairs like one "
        "before passed over",
        "that product, 0 where there is none",
    ),
    "instruction_mining": Description(
        "Instruction Mining (Cao et al. 2023): lowest validation loss first that a linear rule predicts from what is "
        "known of a pair; the rule is fitted to finetuning runs on subsets of the pool",
        "logarithm of that loss, nats a token: lower is better",
    ),
    "instructiongpt4": Description(
        "InstructionGPT-4 (Wei et al. 2023): pairs that a regressor, fitted to finetuning runs, scores best in their "
        "clusters, each cluster by its share of the pool; the order is not that of the score",
        "what it predicts of a run on such pairs, minus the logarithm of its validation loss: higher is better",
    ),
}


def description_of(selector: str) -> Description:
    """Return the description of a selector, also of one behind a filter; for an unlisted one, a pointer to its file."""
    if (plain := selector.removesuffix("_filtered")) != selector:
        of_plain = description_of(plain)
        return Description(f"{of_plain.how}; among the pairs that no filter drops (`filter.scores`)", of_plain.score)
    return SELECTORS.get(selector, Description(f"see `gdig/selectors/{selector}.py`", "see there"))
