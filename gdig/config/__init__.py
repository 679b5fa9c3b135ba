"""`params.yaml` as frozen, validated sections; what each key means is written beside it in `profiles/`."""

from gdig.config.base import Base, Scratch
from gdig.config.cleaning import LanguageId, Languages, NearDuplicates, Prepare, Rules, TokenLimit
from gdig.config.dataset import LAYOUTS, Dataset, Licence
from gdig.config.influence import Curvature, Gradients, Influence
from gdig.config.ingest import (
    NOISE_KINDS,
    Embedded,
    EmbeddedSource,
    FilesSource,
    HubSource,
    Layout,
    Noise,
    Pool,
    Sampled,
    ScoreColumn,
    Source,
    UrlsSource,
)
from gdig.config.lm import Prompt
from gdig.config.params import (
    OPTIONAL_PARAMS_FILE,
    PARAMS_FILE,
    PROFILES,
    OptionalSections,
    Params,
    load_params,
    parse_params,
    read_values,
)
from gdig.config.report import Efficiency, Report
from gdig.config.scoring import Bleurt, Comet, ExternalSystem, Score
from gdig.config.section import Count, Name, OneOrTwo, Positive, Precision, Section, Seed, Share
from gdig.config.seeds import Seeds
from gdig.config.selection import Diversity, Quality
from gdig.config.selectors.bitext import BITEXT, External, ExternalFile
from gdig.config.selectors.gdig_joint import Cleanliness, Controls, RankGdigJoint
from gdig.config.selectors.judge import EMBEDDED, JUDGE_KINDS, Judge, Price
from gdig.config.selectors.losses import (
    SCORERS,
    IfdModel,
    OneShot,
    RankDeltaLoss,
    RankIfd,
    RankSuperfiltering,
    Scorer,
    SeedModel,
    Short,
    SmallModel,
    TokenLosses,
)
from gdig.config.selectors.mining import INDICATORS, Indicators, InstructionGpt4, InstructionGpt4Clusters, Regression
from gdig.config.selectors.rank import Preset, RankGdigQuality, RankLoss, RankSeed
from gdig.config.selectors.reward import Embeddings, Mods, RewardModel, Rewards
from gdig.config.significance import Significance
from gdig.config.training import Finetune, Lora, Memory, Training, Warmup
from gdig.config.translate import Translate

__all__ = [
    "BITEXT",
    "EMBEDDED",
    "INDICATORS",
    "JUDGE_KINDS",
    "LAYOUTS",
    "NOISE_KINDS",
    "OPTIONAL_PARAMS_FILE",
    "PARAMS_FILE",
    "PROFILES",
    "SCORERS",
    "Base",
    "Bleurt",
    "Cleanliness",
    "Comet",
    "Controls",
    "Count",
    "Curvature",
    "Dataset",
    "Diversity",
    "Efficiency",
    "Embedded",
    "EmbeddedSource",
    "Embeddings",
    "External",
    "ExternalFile",
    "ExternalSystem",
    "FilesSource",
    "Finetune",
    "Gradients",
    "HubSource",
    "IfdModel",
    "Indicators",
    "Influence",
    "InstructionGpt4",
    "InstructionGpt4Clusters",
    "Judge",
    "LanguageId",
    "Languages",
    "Layout",
    "Licence",
    "Lora",
    "Memory",
    "Mods",
    "Name",
    "NearDuplicates",
    "Noise",
    "OneOrTwo",
    "OneShot",
    "OptionalSections",
    "Params",
    "Pool",
    "Positive",
    "Precision",
    "Prepare",
    "Preset",
    "Price",
    "Prompt",
    "Quality",
    "RankDeltaLoss",
    "RankGdigJoint",
    "RankGdigQuality",
    "RankIfd",
    "RankLoss",
    "RankSeed",
    "RankSuperfiltering",
    "Regression",
    "Report",
    "RewardModel",
    "Rewards",
    "Rules",
    "Sampled",
    "Score",
    "ScoreColumn",
    "Scorer",
    "Scratch",
    "Section",
    "Seed",
    "SeedModel",
    "Seeds",
    "Share",
    "Short",
    "Significance",
    "SmallModel",
    "Source",
    "TokenLimit",
    "TokenLosses",
    "Training",
    "Translate",
    "UrlsSource",
    "Warmup",
    "load_params",
    "parse_params",
    "read_values",
]
