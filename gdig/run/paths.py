"""Every artifact's path, once: data/<profile>/... is cached by DVC, metrics/<profile>/... is kept in Git."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

DVC_FILES = (Path("dvc.yaml"), Path("cells", "dvc.yaml"), Path("selectors", "dvc.yaml"))
"""The core DAG, the cells, and the optional selectors; each has a lock file beside it."""


class Artifact:
    """A path with fields of `Paths` in braces; of an instance, the path with their values."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    @overload
    def __get__(self, paths: None, owner: Any) -> "Artifact": ...
    @overload
    def __get__(self, paths: "Paths", owner: Any) -> Path: ...
    def __get__(self, paths: "Paths | None", owner: Any) -> "Artifact | Path":
        return self if paths is None else Path(self.pattern.format_map(vars(paths)))


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Paths of one profile and, inside a cell, of one selector and budget; relative to the repository root."""

    profile: str
    selector: str = ""
    budget: str = ""
    estimator: str = ""
    """`influence.estimator`."""
    revision: str = ""
    """`seeds.revision`."""
    scorer: str = ""
    """Model whose losses a stage takes."""
    small_scorer: str = ""
    """`rank_superfiltering.scorer`."""
    before: str = ""
    """`rank_delta_loss.before`."""
    kind: str = ""
    """What the judge is asked."""
    answers: str = ""
    """`judge.answers`."""
    external: str = ""
    """`external.scores`."""

    params = Artifact("params.yaml")
    """Of the run: the keys of the core DAG."""
    optional_params = Artifact("selectors/params.yaml")
    """Of the run: the keys of optional selectors."""

    # pool ----------------------------------------------------------------------------------------------------
    raw_pool = Artifact("data/{profile}/raw/pool.jsonl")
    """Candidates as read or generated, planted noise and all."""
    raw_heldout = Artifact("data/{profile}/raw/heldout.jsonl")
    """Pairs kept out of the pool, as noisy as it, from which seeds are drawn."""
    raw_valid = Artifact("data/{profile}/raw/valid.jsonl")
    """Validation pairs as read or generated."""
    raw_test = Artifact("data/{profile}/raw/test.jsonl")
    """Test pairs as read or generated."""
    raw_base_text = Artifact("data/{profile}/raw/base_text.jsonl")
    """Parallel text for a base model trained from scratch."""
    provenance = Artifact("data/{profile}/raw/provenance.json")
    """Where the raw pairs came from: files, hashes, counts."""
    labels = Artifact("data/{profile}/labels.jsonl")
    """What is known of each raw pair (planted noise, family): for measuring, never for selecting."""
    originals = Artifact("data/{profile}/originals.jsonl")
    """Held-out pairs before noise was planted: the oracle that stands in for translators."""

    # seeds, prepare ------------------------------------------------------------------------------------------
    seed_provenance = Artifact("data/{profile}/seeds/provenance.json")
    """Where own seeds came from, by source; of drawn seeds nothing."""
    seed_drafts = Artifact("data/{profile}/seeds/drafts.jsonl")
    """Seeds as drawn and the reserve, in order, for revision."""
    revision_in_use = Artifact("data/revisions/{revision}")
    """Folder of the imported revision that is used, or what stands for `oracle` and `none`; of no profile."""
    seed_revisions = Artifact("data/{profile}/seeds/revised.jsonl")
    """Seeds as revised."""
    seed_spares = Artifact("data/{profile}/seeds/spares.jsonl")
    """Further revised pairs, in the order in which they replace seeds that cleaning rejects."""
    pool = Artifact("data/{profile}/prepared/pool.jsonl")
    """Clean candidates."""
    seeds = Artifact("data/{profile}/prepared/seeds.jsonl")
    """Seed pairs that influence is measured on."""
    valid = Artifact("data/{profile}/prepared/valid.jsonl")
    """Validation pairs: everything is tuned on these."""
    test = Artifact("data/{profile}/prepared/test.jsonl")
    """Test pairs: nothing is tuned on these."""
    base_text = Artifact("data/{profile}/prepared/base_text.jsonl")
    """Text that a base model is trained on from scratch, disjoint from all of the above."""
    rejects = Artifact("data/{profile}/prepared/rejects.json")
    """Counts and samples of what `prepare` rejected, per rule."""

    # models and gradients ------------------------------------------------------------------------------------
    base = Artifact("data/{profile}/base")
    """Base model folder."""
    warmup = Artifact("data/{profile}/warmup")
    """Warm-up model theta_T with its training record."""
    warmup_curve = Artifact("data/{profile}/curves/warmup.csv")
    """Training loss of the warm-up by step."""
    curvature = Artifact("data/{profile}/curvature.safetensors")
    """K-FAC factors in their eigenbases."""
    gradients = Artifact("data/{profile}/gradients")
    """Projected final-MLP gradients of the pool, in shards."""
    sketch = Artifact("data/{profile}/sketch/sketch")
    """Sketched gradients of the pool at the tracked linears, in shards; without shards where none are taken."""
    no_sketch = Artifact("data/{profile}/sketch/exact")
    """What exact influence reads in place of sketches: always the same, so that it does not depend on them."""
    influence_cache = Artifact("data/{profile}/sketch/{estimator}")
    """Sketches for the estimator that reads them, `no_sketch` for the other."""
    influence = Artifact("data/{profile}/influence")
    """Influence of every candidate on every seed, in shards."""
    influence_metrics = Artifact("metrics/{profile}/influence.json")
    """How the engine worked and how it agrees with the exact influence on a probe; kept in Git."""
    influence_metrics_copy = Artifact("data/{profile}/influence.json")
    """The same bytes in DVC's cache."""

    # selection -----------------------------------------------------------------------------------------------
    survivors = Artifact("data/{profile}/quality/survivors.jsonl")
    """Candidates that pass the quality rule."""
    quality = Artifact("data/{profile}/quality/candidates.jsonl")
    """Share of seeds helped and mean influence of every candidate."""
    quality_summary = Artifact("data/{profile}/quality/summary.json")
    """How strict the quality rule could be."""
    clusters = Artifact("data/{profile}/clusters.jsonl")
    """Cluster of every survivor."""
    ranking = Artifact("data/{profile}/rankings/{selector}/ranking.jsonl")
    """A selector's ordered ids."""
    ranking_folder = Artifact("data/{profile}/rankings/{selector}")
    """A selector's ranking with what its stage writes beside it; stage `subset` hands all of it on."""
    noise_estimate = Artifact("data/{profile}/rankings/gdig_joint/noise.json")
    probabilities = Artifact("data/{profile}/rankings/gdig_joint/probability.jsonl")
    """How noisy the pool looks, and how likely each pair is sound, beside the ranking of joint G-DIG, so that later
    stages need them only where that is selected."""

    # features of some selectors ------------------------------------------------------------------------------
    reward_model = Artifact("data/{profile}/reward_model")
    """Reward model folder, with the record of its training."""
    rewards = Artifact("data/{profile}/rewards")
    """Reward of every candidate, in shards."""
    reward_metrics = Artifact("metrics/{profile}/rewards.json")
    """How good the reward model is, and how it likes the pool; kept in Git."""
    reward_metrics_copy = Artifact("data/{profile}/rewards.json")
    """The same bytes in DVC's cache."""
    embeddings = Artifact("data/{profile}/embeddings")
    """Sentence embedding of every candidate, in shards."""
    clusters_embedding = Artifact("data/{profile}/clusters_embedding.jsonl")
    """Cluster of every survivor, by embedding."""
    mods_quality = Artifact("data/{profile}/mods/quality.jsonl")
    """Candidates of high quality, best first."""
    mods_coverage = Artifact("data/{profile}/mods/coverage.jsonl")
    """Candidates that cover those of high quality, in k-center order."""
    mods_model = Artifact("data/{profile}/mods/model")
    """The base model finetuned on them."""
    mods_necessity = Artifact("data/{profile}/mods/necessity")
    """Reward of that model's own translation of the others of high quality, in shards."""
    scorer_model = Artifact("data/{profile}/{scorer}")
    """Model folder of one scorer: of one that another stage made."""
    token_losses = Artifact("data/{profile}/token_losses/{scorer}")
    """Losses of every candidate's target under one scorer, with the prompt and without, in shards."""
    losses_before = Artifact("data/{profile}/token_losses/{before}")
    """Those of the model that the one finetuned on the seeds is compared with."""
    seed_model_losses = Artifact("data/{profile}/token_losses/seed_model")
    """Those of the model finetuned on the seeds."""
    ifd_losses = Artifact("data/{profile}/token_losses/ifd_model")
    """Those of the pre-experienced model."""
    small_losses = Artifact("data/{profile}/token_losses/{small_scorer}")
    """Those of the scorer of SuperFiltering."""
    ifd_experience = Artifact("data/{profile}/ifd_experience.jsonl")
    """Candidates that the pre-experienced model was trained on."""
    ifd_model = Artifact("data/{profile}/ifd_model")
    """The pre-experienced model of IFD."""
    seed_model = Artifact("data/{profile}/seed_model")
    """The base model finetuned on the seeds."""
    small_model = Artifact("data/{profile}/small_model")
    """A small model for SuperFiltering."""
    one_shot = Artifact("data/{profile}/one_shot")
    """Gain of every anchor from every candidate as its demonstration, in shards."""
    indicators = Artifact("data/{profile}/indicators")
    """Lengths, words, neighbours and similarity of every candidate, in shards (`gdig.selectors.mining.indicators`)."""
    base_token_losses = Artifact("data/{profile}/token_losses/base")
    """Response loss of every candidate under the base model, with and without the prompt, in shards."""
    mining_subsets = Artifact("data/{profile}/regression/subsets.jsonl")
    """Ids of each subset that a finetuning run is made on to regress on."""
    mining_runs = Artifact("data/{profile}/regression/runs.jsonl")
    """Validation loss of each of those runs."""
    mining_rule = Artifact("data/{profile}/regression/rule.json")
    """The linear rule fitted to them."""
    regression_metrics = Artifact("metrics/{profile}/regression.json")
    """How well the linear rule predicts runs; kept in Git."""
    regression_metrics_copy = Artifact("data/{profile}/regression.json")
    """The same bytes in DVC's cache."""
    instructiongpt4_scores = Artifact("data/{profile}/instructiongpt4/scores.jsonl")
    """What the regressor of InstructionGPT-4 says of every candidate."""
    instructiongpt4_clusters = Artifact("data/{profile}/instructiongpt4/clusters.jsonl")
    """Cluster of every candidate, by embedding."""
    instructiongpt4_metrics = Artifact("metrics/{profile}/instructiongpt4_regressor.json")
    """How well that regressor predicts runs; kept in Git."""
    instructiongpt4_metrics_copy = Artifact("data/{profile}/instructiongpt4_regressor.json")
    """The same bytes in DVC's cache."""
    judge_prompt = Artifact("selectors/judge/{kind}.txt")
    """What the judge is asked; of no profile."""
    judge_answers_given = Artifact("data/judge/{answers}")
    """Answers given elsewhere or before, or what stands for none; of no profile."""
    judged = Artifact("data/{profile}/judge/{kind}.jsonl")
    """What the judge said of every candidate."""
    judge_answers = Artifact("data/{profile}/judge/{kind}.answers.jsonl")
    """Its answers as they came, by what was asked."""
    judge_counts = Artifact("data/{profile}/judge/{kind}.json")
    """How many questions were asked and how it went, what it cost, samples of what could not be read."""
    ratings = Artifact("data/{profile}/judge/rating.jsonl")
    """Rating of every candidate by the judge."""
    tags = Artifact("data/{profile}/judge/tags.jsonl")
    """Tags of every candidate by the judge."""
    complexity_quality = Artifact("data/{profile}/judge/complexity_quality.jsonl")
    """Complexity and quality of every candidate by the judge."""
    bitext = Artifact("data/{profile}/bitext/{selector}.jsonl")
    """Score of every candidate as bitext, higher = better."""
    external_given = Artifact("data/external/{external}")
    """File or folder of scores by other tools, or what stands for none; of no profile."""
    external_record = Artifact("data/{profile}/bitext/external.json")
    """Tool, version, licence and hash of each of these files."""
    qe_scores = Artifact("data/{profile}/qe_scores")
    """Score of a reference-free COMET for every candidate, in shards."""
    qe_record = Artifact("data/{profile}/bitext/comet_qe.json")
    """Which model gave them."""
    side_embeddings = Artifact("data/{profile}/side_embeddings")
    """Embeddings of source and target of every candidate, one behind the other, in shards."""
    fused_ranking = Artifact("data/{profile}/fusion/{selector}.jsonl")
    """Copy of one ranking that is fused."""
    fused_rankings = Artifact("data/{profile}/fusion")
    """Rankings that are fused; a name that is taken out of params leaves its file here."""
    filter_ranking = Artifact("data/{profile}/filter/rankings/{selector}.jsonl")
    """Copy of one ranking by which pairs are filtered."""
    filter_rankings = Artifact("data/{profile}/filter/rankings")
    """Rankings by which pairs are filtered; a name that is taken out of params leaves its file here."""
    filter_kept = Artifact("data/{profile}/filter/kept.jsonl")
    """Ids of the pairs that no filter drops."""
    filter_summary = Artifact("data/{profile}/filter/summary.json")
    """How many pairs each filter drops, with a sample."""
    filtered_ranking = Artifact("data/{profile}/rankings/{selector}_filtered/ranking.jsonl")
    """A selector's ranking of the pairs that no filter drops."""
    filtered_summary = Artifact("data/{profile}/rankings/{selector}_filtered/filter.json")
    """What was filtered out, beside a ranking of the rest, so that later stages need it only where one is selected."""
    less_warmup = Artifact("data/{profile}/less/warmup")
    """Adapters and moments of Adam after every epoch of the warm-up of LESS, with the record of the run."""
    less_gradients = Artifact("data/{profile}/less/gradients")
    """Projected gradient of every candidate at every checkpoint, in shards."""
    less_seed_gradients = Artifact("data/{profile}/less/seed_gradients")
    """Projected gradient of every seed at every checkpoint, in shards."""
    representations = Artifact("data/{profile}/representations/pool")
    """Weighted mean of the hidden states of every candidate, in shards."""
    seed_representations = Artifact("data/{profile}/representations/seeds")
    """Weighted mean of the hidden states of every seed, in shards."""

    # cells ---------------------------------------------------------------------------------------------------
    subset = Artifact("data/{profile}/subsets/{selector}/{budget}.jsonl")
    """The pairs of one selector and budget."""
    finetuned = Artifact("data/{profile}/finetuned/{selector}/{budget}")
    """Checkpoints of one cell, one folder a replicate."""
    losses = Artifact("data/{profile}/losses/{selector}/{budget}.json")
    """Loss of each replicate of one cell on the validation and the seed pairs."""
    curve = Artifact("data/{profile}/curves/{selector}/{budget}.csv")
    """Training and validation loss of one cell by seed and step."""
    hypotheses = Artifact("data/{profile}/hypotheses/{selector}/{budget}")
    """Translations of one cell, one file a replicate."""
    scores = Artifact("data/{profile}/scores/{selector}/{budget}.json")
    """Scores of one cell."""
    segments = Artifact("data/{profile}/segments/{selector}/{budget}.jsonl")
    """Scores of the learned metrics of each segment, by training seed, of one cell."""

    # metrics and report --------------------------------------------------------------------------------------
    subsets = Artifact("data/{profile}/subsets/{selector}")
    """Subsets of one selector, a file a budget."""
    subsets_of_all = Artifact("data/{profile}/subsets")
    """Subsets of every selector: a folder a selector, in it a file a budget."""
    dataset = Artifact("data/{profile}/dataset")
    """The subsets as a dataset to hand on: a card, and a folder a selector."""
    all_scores = Artifact("data/{profile}/scores/{selector}")
    """Scores of one selector, a file a budget."""
    selector_metrics = Artifact("metrics/{profile}/{selector}.json")
    """Metrics of one selector, nested by budget; kept in Git."""
    selector_metrics_copy = Artifact("data/{profile}/metrics/{selector}.json")
    """The same bytes in DVC's cache, so that a remote holds them too."""
    selector_metrics_copies = Artifact("data/{profile}/metrics")
    """Folder of every selector's cached metrics."""
    curves_of_all = Artifact("data/{profile}/curves")
    """Loss curves of every cell: a folder a selector, in it a file a budget; and that of the warm-up."""
    hypotheses_of_all = Artifact("data/{profile}/hypotheses")
    """Translations of every cell: a folder a selector, in it one a budget, in that a file a replicate."""
    scores_of_all = Artifact("data/{profile}/scores")
    """Scores of every cell: a folder a selector, in it a file a budget."""
    segments_of_all = Artifact("data/{profile}/segments")
    """Segment scores of every cell: a folder a selector, in it a file a budget."""
    systems_metrics = Artifact("metrics/{profile}/systems.json")
    """Scores of the external systems; kept in Git."""
    systems_metrics_copy = Artifact("data/{profile}/systems.json")
    """The same bytes in DVC's cache."""
    significance_metrics = Artifact("metrics/{profile}/significance.json")
    """Intervals, and tests of every selector against the baseline; kept in Git."""
    significance_metrics_copy = Artifact("data/{profile}/significance.json")
    """The same bytes in DVC's cache."""
    selection_metrics = Artifact("metrics/{profile}/selection.json")
    """How well the survivors match what is known of the pool; kept in Git."""
    selection_metrics_copy = Artifact("data/{profile}/selection.json")
    """The same bytes in DVC's cache."""
    focus_metrics = Artifact("metrics/{profile}/focus.json")
    """Metrics of the selector in focus against the baseline; kept in Git."""
    budget_curve = Artifact("metrics/{profile}/budget_curve.svg")
    """Picture of quality against budget; kept in Git."""
    budget_curve_data = Artifact("metrics/{profile}/budget_curve.csv")
    """Its numbers, which `dvc plots` draws; kept in Git."""
    comparison_metrics = Artifact("metrics/{profile}/comparison.json")
    """Share of the full pool's score, and efficiency, of every selector and budget; kept in Git."""
    efficiency_curve_data = Artifact("metrics/{profile}/efficiency_curve.csv")
    """The same by budget, which `dvc plots` draws; kept in Git."""
    report = Artifact("data/{profile}/report")
    """Report page and its figures."""

    # measured beside ------------------------------------------------------------------------------------------
    lds_subsets = Artifact("data/{profile}/lds/subsets.jsonl")
    """Random subsets of a part of the pool: {id, ids}."""
    lds_losses = Artifact("data/{profile}/lds/losses")
    """Loss of every seed pair after retraining on each subset, a row a run <subset>/<training seed>, in shards."""
    base_loss_ranking = Artifact("data/{profile}/rankings/base_loss/ranking.jsonl")
    """Ranking of selector base_loss, with losses."""
    loss_ranking = Artifact("data/{profile}/rankings/loss/ranking.jsonl")
    """Ranking of selector loss, with losses."""
    controls = Artifact("data/{profile}/controls.jsonl")
    """Seeds and corrupted copies of them: {id, seed, kind, consistency, base_loss, loss, src, trg}."""
    cleanliness = Artifact("data/{profile}/cleanliness.jsonl")
    """Of every candidate the probability of being sound, and its quality: {id, probability, quality}."""
    cleanliness_metrics = Artifact("metrics/{profile}/cleanliness.json")
    """How noisy the pool looks, and how well controls are told apart; kept in Git."""
    cleanliness_metrics_copy = Artifact("data/{profile}/cleanliness.json")
    """The same bytes in DVC's cache."""
    evidence = Artifact("metrics/grids")
    """Results of `python -m gdig.tools.evidence`, a file a grid; committed."""
    trial_runs = Artifact("data/{profile}/trial_runs.jsonl")
    """Losses and translations after finetuning on the first pairs of every ranking, a row a run
    <selector>/<pairs>/<training seed>."""
    trials = Artifact("data/{profile}/trials.jsonl")
    """Scores of these runs."""
    trials_metrics = Artifact("metrics/{profile}/trials.json")
    """What those runs were scored on, mean BLEU, and how well noise is told; kept in Git."""
    trials_metrics_copy = Artifact("data/{profile}/trials.json")
    """The same bytes in DVC's cache."""
