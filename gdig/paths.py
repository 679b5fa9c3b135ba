"""Every artifact's path, once: data/<profile>/... is cached by DVC, metrics/<profile>/... is kept in Git."""

from dataclasses import dataclass
from pathlib import Path


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

    @property
    def _data(self) -> Path:
        return Path("data") / self.profile

    @property
    def _metrics(self) -> Path:
        return Path("metrics") / self.profile

    @property
    def _cell(self) -> Path:
        return Path(self.selector) / self.budget

    # pool ----------------------------------------------------------------------------------------------------

    @property
    def raw_pool(self) -> Path:
        """Candidates as read or generated, planted noise and all."""
        return self._data / "raw" / "pool.jsonl"

    @property
    def raw_heldout(self) -> Path:
        """Pairs kept out of the pool, as noisy as it, from which seeds are drawn."""
        return self._data / "raw" / "heldout.jsonl"

    @property
    def raw_valid(self) -> Path:
        """Validation pairs as read or generated."""
        return self._data / "raw" / "valid.jsonl"

    @property
    def raw_test(self) -> Path:
        """Test pairs as read or generated."""
        return self._data / "raw" / "test.jsonl"

    @property
    def raw_base_text(self) -> Path:
        """Parallel text for a base model trained from scratch."""
        return self._data / "raw" / "base_text.jsonl"

    @property
    def provenance(self) -> Path:
        """Where the raw pairs came from: files, hashes, counts."""
        return self._data / "raw" / "provenance.json"

    @property
    def labels(self) -> Path:
        """What is known of each raw pair (planted noise, family): for measuring, never for selecting."""
        return self._data / "labels.jsonl"

    @property
    def originals(self) -> Path:
        """Held-out pairs before noise was planted: the oracle that stands in for translators."""
        return self._data / "originals.jsonl"

    # seeds, prepare ------------------------------------------------------------------------------------------

    @property
    def seed_drafts(self) -> Path:
        """Seeds as drawn and the reserve, in order, for revision."""
        return self._data / "seeds" / "drafts.jsonl"

    @property
    def revision_in_use(self) -> Path:
        """Folder of the imported revision that is used, or what stands for `oracle` and `none`; of no profile."""
        return Path("data") / "revisions" / self.revision

    @property
    def seed_revisions(self) -> Path:
        """Seeds as revised."""
        return self._data / "seeds" / "revised.jsonl"

    @property
    def seed_spares(self) -> Path:
        """Further revised pairs, in the order in which they replace seeds that cleaning rejects."""
        return self._data / "seeds" / "spares.jsonl"

    @property
    def pool(self) -> Path:
        """Clean candidates."""
        return self._data / "prepared" / "pool.jsonl"

    @property
    def seeds(self) -> Path:
        """Seed pairs that influence is measured on."""
        return self._data / "prepared" / "seeds.jsonl"

    @property
    def valid(self) -> Path:
        """Validation pairs: everything is tuned on these."""
        return self._data / "prepared" / "valid.jsonl"

    @property
    def test(self) -> Path:
        """Test pairs: nothing is tuned on these."""
        return self._data / "prepared" / "test.jsonl"

    @property
    def base_text(self) -> Path:
        """Text that a base model is trained on from scratch, disjoint from all of the above."""
        return self._data / "prepared" / "base_text.jsonl"

    @property
    def rejects(self) -> Path:
        """Counts and samples of what `prepare` rejected, per rule."""
        return self._data / "prepared" / "rejects.json"

    # models and gradients ------------------------------------------------------------------------------------

    @property
    def base(self) -> Path:
        """Base model folder."""
        return self._data / "base"

    @property
    def warmup(self) -> Path:
        """Warm-up model theta_T with its training record."""
        return self._data / "warmup"

    @property
    def warmup_curve(self) -> Path:
        """Training loss of the warm-up by step."""
        return self._data / "curves" / "warmup.csv"

    @property
    def curvature(self) -> Path:
        """K-FAC factors in their eigenbases."""
        return self._data / "curvature.safetensors"

    @property
    def gradients(self) -> Path:
        """Projected final-MLP gradients of the pool, in shards."""
        return self._data / "gradients"

    @property
    def sketch(self) -> Path:
        """Sketched gradients of the pool at the tracked linears, in shards; without shards where none are taken."""
        return self._data / "sketch" / "sketch"

    @property
    def no_sketch(self) -> Path:
        """What exact influence reads in place of sketches: always the same, so that it does not depend on them."""
        return self._data / "sketch" / "exact"

    @property
    def influence_cache(self) -> Path:
        """Sketches for the estimator that reads them, `no_sketch` for the other."""
        return self._data / "sketch" / self.estimator

    @property
    def influence(self) -> Path:
        """Influence of every candidate on every seed, in shards."""
        return self._data / "influence"

    @property
    def influence_metrics(self) -> Path:
        """How the engine worked and how it agrees with the exact influence on a probe; kept in Git."""
        return self._metrics / "influence.json"

    @property
    def influence_metrics_copy(self) -> Path:
        """The same bytes in DVC's cache."""
        return self._data / "influence.json"

    # selection -----------------------------------------------------------------------------------------------

    @property
    def survivors(self) -> Path:
        """Candidates that pass the quality rule."""
        return self._data / "quality" / "survivors.jsonl"

    @property
    def quality(self) -> Path:
        """Share of seeds helped and mean influence of every candidate."""
        return self._data / "quality" / "candidates.jsonl"

    @property
    def quality_summary(self) -> Path:
        """How strict the quality rule could be."""
        return self._data / "quality" / "summary.json"

    @property
    def clusters(self) -> Path:
        """Cluster of every survivor."""
        return self._data / "clusters.jsonl"

    @property
    def ranking(self) -> Path:
        """A selector's ordered ids."""
        return self.rankings / f"{self.selector}.jsonl"

    @property
    def rankings(self) -> Path:
        """Folder of all rankings."""
        return self._data / "rankings"

    # features of some selectors ------------------------------------------------------------------------------

    @property
    def reward_model(self) -> Path:
        """Reward model folder, with the record of its training."""
        return self._data / "reward_model"

    @property
    def rewards(self) -> Path:
        """Reward of every candidate, in shards."""
        return self._data / "rewards"

    @property
    def reward_metrics(self) -> Path:
        """How good the reward model is, and how it likes the pool; kept in Git."""
        return self._metrics / "rewards.json"

    @property
    def reward_metrics_copy(self) -> Path:
        """The same bytes in DVC's cache."""
        return self._data / "rewards.json"

    @property
    def embeddings(self) -> Path:
        """Sentence embedding of every candidate, in shards."""
        return self._data / "embeddings"

    @property
    def clusters_embedding(self) -> Path:
        """Cluster of every survivor, by embedding."""
        return self._data / "clusters_embedding.jsonl"

    @property
    def mods_quality(self) -> Path:
        """Candidates of high quality, best first."""
        return self._data / "mods" / "quality.jsonl"

    @property
    def mods_coverage(self) -> Path:
        """Candidates that cover those of high quality, in k-center order."""
        return self._data / "mods" / "coverage.jsonl"

    @property
    def mods_model(self) -> Path:
        """The base model finetuned on them."""
        return self._data / "mods" / "model"

    @property
    def mods_necessity(self) -> Path:
        """Reward of that model's own translation of the others of high quality, in shards."""
        return self._data / "mods" / "necessity"

    @property
    def scorer_model(self) -> Path:
        """Model folder of one scorer: of one that another stage made."""
        return self._data / self.scorer

    @property
    def token_losses(self) -> Path:
        """Losses of every candidate's target under one scorer, with the prompt and without, in shards."""
        return self._losses_of(self.scorer)

    @property
    def losses_before(self) -> Path:
        """Those of the model that the one finetuned on the seeds is compared with."""
        return self._losses_of(self.before)

    @property
    def seed_model_losses(self) -> Path:
        """Those of the model finetuned on the seeds."""
        return self._losses_of("seed_model")

    @property
    def ifd_losses(self) -> Path:
        """Those of the pre-experienced model."""
        return self._losses_of("ifd_model")

    @property
    def small_losses(self) -> Path:
        """Those of the scorer of SuperFiltering."""
        return self._losses_of(self.small_scorer)

    def _losses_of(self, scorer: str) -> Path:
        return self._data / "token_losses" / scorer

    @property
    def ifd_experience(self) -> Path:
        """Candidates that the pre-experienced model was trained on."""
        return self._data / "ifd_experience.jsonl"

    @property
    def ifd_model(self) -> Path:
        """The pre-experienced model of IFD."""
        return self._data / "ifd_model"

    @property
    def seed_model(self) -> Path:
        """The base model finetuned on the seeds."""
        return self._data / "seed_model"

    @property
    def small_model(self) -> Path:
        """A small model for SuperFiltering."""
        return self._data / "small_model"

    @property
    def one_shot(self) -> Path:
        """Gain of every anchor from every candidate as its demonstration, in shards."""
        return self._data / "one_shot"

    @property
    def indicators(self) -> Path:
        """Lengths, words, neighbours and similarity of every candidate, in shards (`gdig.indicators.table`)."""
        return self._data / "indicators"

    @property
    def base_token_losses(self) -> Path:
        """Response loss of every candidate under the base model, with and without the prompt, in shards."""
        return self._data / "token_losses" / "base"

    @property
    def mining_subsets(self) -> Path:
        """Ids of each subset that a finetuning run is made on to regress on."""
        return self._data / "regression" / "subsets.jsonl"

    @property
    def mining_runs(self) -> Path:
        """Validation loss of each of those runs."""
        return self._data / "regression" / "runs.jsonl"

    @property
    def mining_rule(self) -> Path:
        """The linear rule fitted to them."""
        return self._data / "regression" / "rule.json"

    @property
    def regression_metrics(self) -> Path:
        """How well the linear rule predicts runs; kept in Git."""
        return self._metrics / "regression.json"

    @property
    def regression_metrics_copy(self) -> Path:
        """The same bytes in DVC's cache."""
        return self._data / "regression.json"

    @property
    def instructiongpt4_scores(self) -> Path:
        """What the regressor of InstructionGPT-4 says of every candidate."""
        return self._data / "instructiongpt4" / "scores.jsonl"

    @property
    def instructiongpt4_clusters(self) -> Path:
        """Cluster of every candidate, by embedding."""
        return self._data / "instructiongpt4" / "clusters.jsonl"

    @property
    def instructiongpt4_metrics(self) -> Path:
        """How well that regressor predicts runs; kept in Git."""
        return self._metrics / "instructiongpt4_regressor.json"

    @property
    def instructiongpt4_metrics_copy(self) -> Path:
        """The same bytes in DVC's cache."""
        return self._data / "instructiongpt4_regressor.json"

    @property
    def judge_prompt(self) -> Path:
        """What the judge is asked; of no profile."""
        return Path("gdig") / "judge" / "prompts" / f"{self.kind}.txt"

    @property
    def judge_answers_given(self) -> Path:
        """Answers given elsewhere or before, or what stands for none; of no profile."""
        return Path("data") / "judge" / self.answers

    @property
    def judged(self) -> Path:
        """What the judge said of every candidate."""
        return self._data / "judge" / f"{self.kind}.jsonl"

    @property
    def judge_answers(self) -> Path:
        """Its answers as they came, by what was asked."""
        return self._data / "judge" / f"{self.kind}.answers.jsonl"

    @property
    def judge_counts(self) -> Path:
        """How many questions were asked and how it went, what it cost, samples of what could not be read."""
        return self._data / "judge" / f"{self.kind}.json"

    @property
    def ratings(self) -> Path:
        """Rating of every candidate by the judge."""
        return self._data / "judge" / "rating.jsonl"

    @property
    def tags(self) -> Path:
        """Tags of every candidate by the judge."""
        return self._data / "judge" / "tags.jsonl"

    @property
    def complexity_quality(self) -> Path:
        """Complexity and quality of every candidate by the judge."""
        return self._data / "judge" / "complexity_quality.jsonl"

    @property
    def less_warmup(self) -> Path:
        """Adapters and moments of Adam after every epoch of the warm-up of LESS, with the record of the run."""
        return self._data / "less" / "warmup"

    @property
    def less_gradients(self) -> Path:
        """Projected gradient of every candidate at every checkpoint, in shards."""
        return self._data / "less" / "gradients"

    @property
    def less_seed_gradients(self) -> Path:
        """Projected gradient of every seed at every checkpoint, in shards."""
        return self._data / "less" / "seed_gradients"

    @property
    def representations(self) -> Path:
        """Weighted mean of the hidden states of every candidate, in shards."""
        return self._data / "representations" / "pool"

    @property
    def seed_representations(self) -> Path:
        """Weighted mean of the hidden states of every seed, in shards."""
        return self._data / "representations" / "seeds"

    # cells ---------------------------------------------------------------------------------------------------

    @property
    def subset(self) -> Path:
        """The pairs of one selector and budget."""
        return self._data / "subsets" / self.selector / f"{self.budget}.jsonl"

    @property
    def finetuned(self) -> Path:
        """Checkpoints of one cell, one folder a replicate."""
        return self._data / "finetuned" / self._cell

    @property
    def losses(self) -> Path:
        """Loss of each replicate of one cell on the validation and the seed pairs."""
        return self._data / "losses" / self.selector / f"{self.budget}.json"

    @property
    def curve(self) -> Path:
        """Training and validation loss of one cell by seed and step."""
        return self._data / "curves" / self.selector / f"{self.budget}.csv"

    @property
    def hypotheses(self) -> Path:
        """Translations of one cell, one file a replicate."""
        return self._data / "hypotheses" / self._cell

    @property
    def scores(self) -> Path:
        """Scores of one cell."""
        return self._data / "scores" / self.selector / f"{self.budget}.json"

    @property
    def segments(self) -> Path:
        """Scores of the learned metrics of each segment, by training seed, of one cell."""
        return self._data / "segments" / self.selector / f"{self.budget}.jsonl"

    # metrics and report --------------------------------------------------------------------------------------

    @property
    def subsets(self) -> Path:
        """Subsets of one selector, a file a budget."""
        return self._data / "subsets" / self.selector

    @property
    def subsets_of_all(self) -> Path:
        """Subsets of every selector: a folder a selector, in it a file a budget."""
        return self._data / "subsets"

    @property
    def dataset(self) -> Path:
        """The subsets as a dataset to hand on: a card, and a folder a selector."""
        return self._data / "dataset"

    @property
    def all_scores(self) -> Path:
        """Scores of one selector, a file a budget."""
        return self._data / "scores" / self.selector

    @property
    def selector_metrics(self) -> Path:
        """Metrics of one selector, nested by budget; kept in Git."""
        return self._metrics / f"{self.selector}.json"

    @property
    def selector_metrics_copy(self) -> Path:
        """The same bytes in DVC's cache, so that a remote holds them too."""
        return self._data / "metrics" / f"{self.selector}.json"

    @property
    def selector_metrics_copies(self) -> Path:
        """Folder of every selector's cached metrics."""
        return self._data / "metrics"

    @property
    def curves_of_all(self) -> Path:
        """Loss curves of every cell: a folder a selector, in it a file a budget; and that of the warm-up."""
        return self._data / "curves"

    @property
    def hypotheses_of_all(self) -> Path:
        """Translations of every cell: a folder a selector, in it one a budget, in that a file a replicate."""
        return self._data / "hypotheses"

    @property
    def scores_of_all(self) -> Path:
        """Scores of every cell: a folder a selector, in it a file a budget."""
        return self._data / "scores"

    @property
    def segments_of_all(self) -> Path:
        """Segment scores of every cell: a folder a selector, in it a file a budget."""
        return self._data / "segments"

    @property
    def systems_metrics(self) -> Path:
        """Scores of the external systems; kept in Git."""
        return self._metrics / "systems.json"

    @property
    def systems_metrics_copy(self) -> Path:
        """The same bytes in DVC's cache."""
        return self._data / "systems.json"

    @property
    def significance_metrics(self) -> Path:
        """Intervals, and tests of every selector against the baseline; kept in Git."""
        return self._metrics / "significance.json"

    @property
    def significance_metrics_copy(self) -> Path:
        """The same bytes in DVC's cache."""
        return self._data / "significance.json"

    @property
    def selection_metrics(self) -> Path:
        """How well the survivors match what is known of the pool; kept in Git."""
        return self._metrics / "selection.json"

    @property
    def selection_metrics_copy(self) -> Path:
        """The same bytes in DVC's cache."""
        return self._data / "selection.json"

    @property
    def focus_metrics(self) -> Path:
        """Metrics of the selector in focus against the baseline; kept in Git."""
        return self._metrics / "focus.json"

    @property
    def budget_curve(self) -> Path:
        """Picture of quality against budget; kept in Git."""
        return self._metrics / "budget_curve.svg"

    @property
    def budget_curve_data(self) -> Path:
        """Its numbers, which `dvc plots` draws; kept in Git."""
        return self._metrics / "budget_curve.csv"

    @property
    def comparison_metrics(self) -> Path:
        """Share of the full pool's score, and efficiency, of every selector and budget; kept in Git."""
        return self._metrics / "comparison.json"

    @property
    def efficiency_curve_data(self) -> Path:
        """The same by budget, which `dvc plots` draws; kept in Git."""
        return self._metrics / "efficiency_curve.csv"

    @property
    def report(self) -> Path:
        """Report page and its figures."""
        return self._data / "report"

    # measured beside ------------------------------------------------------------------------------------------

    @property
    def lds_subsets(self) -> Path:
        """Random subsets of a part of the pool: {id, ids}."""
        return self._data / "lds" / "subsets.jsonl"

    @property
    def lds_losses(self) -> Path:
        """Loss of every seed pair after retraining on each subset, a row a run <subset>/<training seed>, in shards."""
        return self._data / "lds" / "losses"
