import pytest

from gdig.config import Params, parse_params
from tests.config.conftest import changed


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("pool.num_pol", 3, "pool.num_pol = 3 is not a known key"),
        ("nois", {}, "nois = {} is not a known key"),
        ("noise.rate", 1.5, "noise.rate = 1.5: input should be less than or equal to 1"),
        ("noise.rate", "half", "noise.rate = 'half': input should be a valid number"),
        ("noise.kinds", ["typos"], "noise.kinds.0 = 'typos': input should be 'misaligned'"),
        ("pool.num_pool", 6000.0, "pool.num_pool = 6000.0: input should be a valid integer"),
        ("profile", "My Profile", "profile = 'My Profile'"),
        ("budgets", [64, 9000], "budgets: 9000 is more than pool.num_pool = 6000; lower the budget"),
        (
            "pool.num_base_text",
            0,
            "'scratch' is trained on base text, but pool.num_base_text = 0 draws none",
        ),
        ("budgets", [256, 64], r"budgets must rise without repeats, not [256, 64]"),
        ("selectors", ["gdig", "gdig"], "selectors: 'gdig' stands there twice; take one out"),
        ("selectors", ["gdig", "gdigg"], "selectors: 'gdigg' is no selector; selectors are random, loss, base_loss"),
        ("selectors", ["random", "gdig", "full"], "selectors: 'full' is trained on in any case; take it out"),
        ("judge.base_url", "http://127.0.0.1:8000/v1", "judge: base_url = 'http://127.0.0.1:8000/v1' and model = None"),
        ("judge.model", "gpt", "the embedded judge has none, write null"),
        ("judge.max_cost", 5.0, "judge: max_cost = 5 is in the currency of price_per_million_tokens, which is null"),
        ("judge.key_variable", "sk-123", "judge.key_variable = 'sk-123': string should match pattern"),
        ("judge.answers", "../x", "judge.answers = '../x': string should match pattern"),
        ("rank_deita.tau_quantile", 0.5, "rank_deita: say tau or tau_quantile, and null for the other"),
        ("rank_alpagasus.threshold", 5.5, "rank_alpagasus.threshold = 5.5: input should be less than or equal to 5"),
        ("report.focus", "magic", "report.focus: 'magic' is not one of selectors"),
        ("seeds.count", 400, "seeds.count + seeds.reserve = 400 + 32 is more than pool.num_heldout = 300"),
        ("quality.min_survivors", 100, "quality.min_survivors = 100 is less than the largest budget 1024"),
        (
            "prompt.base_template",
            "{src_text}",
            "prompt: base_template = '{src_text}' must hold {src_text} once and end with",
        ),
        ("prompt.format", "chatml", "prompt.format = 'chatml': input should be 'plain' or 'chat'"),
        (
            "prompt.format",
            "chat",
            "prompt.format 'chat' needs a model with a chat template, which base.model 'scratch'",
        ),
        ("prompt.system", "Be exact.", "prompt: system = 'Be exact.' is for chat templates, but format = 'plain'"),
        (
            "prompt",
            {"target_language": "English", "base_template": "{src_text} {trg_text}"},
            "prompt.format is missing",
        ),
        (
            "prompt",
            {"target_language": "x", "format": "chat", "system": " ", "base_template": "{src_text} {trg_text}"},
            "prompt: system = ' ' is empty; null leaves the system turn out",
        ),
        ("significance.num_samples", 150, "with 36 tests at each budget no difference could hold at confidence 0.95"),
        ("significance.num_samples", 150, "take 719 or more"),
        (
            "score.comet",
            {"model": "m", "revision": None, "batch_size": 16, "precision": "int8"},
            "score.comet.precision = 'int8': input should be 'float16' or 'float32'",
        ),
        ("score.comet", {"model": "m", "revision": None, "precision": "float16"}, "score.comet.batch_size is missing"),
        ("score.meteor", {"model": "m"}, "score.meteor"),
        (
            "systems",
            [{"name": "Moses", "hypotheses": {"news": "x"}}],
            "systems: 'Moses' has hypotheses of 'news', which is no test set; test sets are mixture, balanced",
        ),
        ("systems", [{"name": "A", "hypotheses": "x"}] * 2, "systems: two are named 'A'; say which is which"),
        ("significance.confidence", 0.999, "significance.num_samples = 1000: with 36 tests"),
        ("significance.confidence", 95, "significance.confidence = 95: input"),
        ("influence.damping", "lemma", "influence: damping_value must be null for damping 'lemma'"),
    ],
)
def test_every_mistake_is_named_with_its_value(values, key, value, message):
    with pytest.raises(ValueError, match="params.yaml: ") as error:
        parse_params(changed(values, key, value), "params.yaml")
    assert message in str(error.value)


def test_settings_of_optional_selectors_must_be_possible(values):
    optional = ["mods", "reward", "ifd", "nuggets"]
    on = values | {
        "selectors": [*values["selectors"], *optional],
        "significance": values["significance"] | {"num_samples": 2000},
    }
    parse_params(on, "params.yaml")
    for key, value, message in (
        ("mods.alpha", 0.0, "mods: say alpha or keep_share, and null for the other"),
        ("mods.need_share", None, "mods: say beta or need_share, and null for the other"),
        ("mods.num_coverage", 6001, "mods.num_coverage = 6001 is more than pool.num_pool; lower it"),
        ("reward_model.corruptions", ["typos"], "reward_model.corruptions.0 = 'typos': input should be 'misaligned'"),
        ("ifd_model.band", [75.0, 25.0], "ifd_model: band must rise, not [75.0, 25.0]"),
        ("ifd_model.num_clusters", 6001, "ifd_model.num_clusters = 6001 is more than pool.num_pool; lower it"),
        ("controls.kinds", ["typos"], "controls.kinds.0 = 'typos': input should be 'misaligned'"),
        ("rank_gdig_joint.ridge", 0.0, "rank_gdig_joint.ridge = 0.0: input should be greater than 0"),
        ("one_shot.num_anchors", 257, "one_shot.num_anchors = 257 is more than seeds.count = 256; lower it"),
        ("rank_ifd.direction", "up", "rank_ifd.direction = 'up': input should be 'high' or 'low'"),
        ("embeddings.text", "all", "embeddings.text = 'all': input should be 'source', 'target' or 'both'"),
    ):
        with pytest.raises(ValueError, match="params.yaml: ") as error:
            parse_params(changed(on, key, value), "params.yaml")
        assert message in str(error.value)
    without_text = changed(changed(on, "pool.num_base_text", 0), "base.model", "folder")
    with pytest.raises(ValueError, match="'bradley_terry' is trained on base text, but pool.num_base_text = 0 draws"):
        parse_params(without_text, "params.yaml")
    parse_params(changed(without_text, "reward_model.model", "folder"), "params.yaml")


def keys_of(schema, value, prefix=()):
    """Yield path and schema of every key of params that is no section."""
    definitions = schema["$defs"]
    for name, inner in value["properties"].items():
        options = [definitions[o["$ref"].rpartition("/")[2]] if "$ref" in o else o for o in inner.get("anyOf", [inner])]
        for option in options:
            if "properties" in option:
                yield from keys_of(schema, option, (*prefix, name))
            else:
                yield ".".join((*prefix, name)), option


def test_no_number_may_be_infinite_or_none(values):
    schema = Params.model_json_schema()
    numbers = {key for key, option in keys_of(schema, schema) if option.get("type") == "number"}
    assert {"noise.rate", "finetune.training.learning_rate", "translate.length_penalty", "mods.alpha"} <= numbers
    for key in sorted(numbers):
        for value in (float("nan"), float("inf"), float("-inf"), True):
            try:
                edited = changed(values, key, value)
            except (KeyError, TypeError):
                break  # in a section that is null in the default
            with pytest.raises(ValueError, match=rf"params.yaml: {key} = {value}: input should be a"):
                parse_params(edited, "params.yaml")


def test_no_list_may_have_an_entry_twice(values):
    schema = Params.model_json_schema()
    lists = {key: option["items"] for key, option in keys_of(schema, schema) if option.get("type") == "array"}
    plain = {key for key, items in lists.items() if "type" in items or "enum" in items}
    assert {
        "finetune.seeds", "trials.seeds", "lds.seeds", "noise.kinds", "controls.kinds", "reward_model.corruptions",
        "curvature.linears", "dataset.layouts", "selectors", "budgets", "regression.indicators", "ifd_model.band",
        "less_warmup.lora.targets",
    } <= plain  # fmt: skip
    # A range may be of one value.
    for key in sorted(plain - {"prepare.character_ratio"}):
        place = values
        for part in key.split("."):
            place = place[part] if place else None
        if place is None:
            continue
        with pytest.raises(ValueError, match=rf"params.yaml: {key.split('.')[0]}") as error:
            parse_params(changed(values, key, [*place, place[-1]]), "params.yaml")
        assert key.rpartition(".")[2] in str(error.value)


@pytest.mark.parametrize("value", [True, False])
def test_no_count_may_be_a_truth_value(values, value):
    for key in ("pool.num_pool", "pool.seed", "seeds.reserve", "num_threads", "translate.num_beams"):
        with pytest.raises(ValueError, match=rf"params.yaml: {key} = {value}: input should be a valid integer"):
            parse_params(changed(values, key, value), "params.yaml")
    for key in ("budgets", "finetune.seeds"):
        with pytest.raises(ValueError, match=rf"params.yaml: {key}.0 = {value}: input should be a valid integer"):
            parse_params(changed(values, key, [value, 512]), "params.yaml")


@pytest.mark.parametrize("text", ["", "  ", "Eng\nlish", "a\u2028b", "tab\there"])
def test_what_stands_on_one_line_must(values, text):
    for key in ("prompt.target_language", "base.model", "embeddings.model", "gradients.linear", "curvature.linears.0"):
        section, last = key.split(".")[:2]
        edited = changed(values, f"{section}.{last}", [text] if key.endswith(".0") else text)
        with pytest.raises(ValueError, match=rf"params.yaml: {key}: .* must be text on one line") as error:
            parse_params(edited, "params.yaml")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "template",
    [
        "{x} {src_text} {trg_text}", "{ {src_text}\n{trg_text}", "} {{src_text}} {trg_text}",
        "{0}{src_text}{!r}{trg_text}", '{"de": "{src_text}", "en": "{trg_text}',
    ],
)  # fmt: skip
def test_other_braces_of_the_template_are_text(values, template):
    params = parse_params(changed(values, "prompt.base_template", template), "params.yaml")
    assert params.prompt.base_template == template


@pytest.mark.parametrize(
    "template",
    [
        "{trg_text} {src_text} {trg_text}", "{src_text} {src_text} {trg_text}", "{src_text} {trg_text}.", "{trg_text}",
        "{src_text!r} {trg_text}", "",
    ],
)  # fmt: skip
def test_the_template_has_source_and_target_once(values, template):
    with pytest.raises(
        ValueError, match="base_template = .* must hold {src_text} once and end with its one {trg_text}"
    ):
        parse_params(changed(values, "prompt.base_template", template), "params.yaml")


def test_many_mistakes_are_one_line(values):
    values |= {name: number for number, name in enumerate(("diversty", "nois", "seed", "promt"))}
    with pytest.raises(ValueError, match="params.yaml: diversty = 0 is not a known key") as error:
        parse_params(values, "params.yaml")
    assert str(error.value).endswith("; and 1 more")
    assert "\n" not in str(error.value)


def test_a_long_value_is_cut(values):
    with pytest.raises(ValueError, match="params.yaml: report.focus = ") as error:
        parse_params(changed(values, "report.focus", "x " * 5000), "params.yaml")
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"licences": [{"source": "test", "licence": "CC0-1.0"}]},
            "'test' is no source of the pool; those are grammar",
        ),
        (
            {"licences": [{"source": "grammar", "licence": ""}]},
            "dataset.licences.0.licence: '' must be text on one line",
        ),
        ({"licences": [{"source": "grammar", "licence": n} for n in "ab"]}, "licences: 'grammar' stands there twice"),
        ({"layouts": ["jsonl", "jsonl"]}, "layouts: 'jsonl' stands there twice"),
        ({"layouts": []}, "dataset.layouts"),
        ({"layouts": ["csv"]}, "dataset.layouts.0 = 'csv'"),
    ],
)
def test_every_mistake_in_the_dataset_is_named(values, changes, message):
    with pytest.raises(ValueError, match="params.yaml: ") as error:
        parse_params(values | {"dataset": values["dataset"] | changes}, "params.yaml")
    assert message in str(error.value)


def test_every_key_is_required(values):
    for section, inner in values.items():
        with pytest.raises(ValueError, match=f"{section} is missing"):
            parse_params({key: value for key, value in values.items() if key != section}, "params.yaml")
        if isinstance(inner, dict):
            for name in inner:
                fewer = values | {section: {key: value for key, value in inner.items() if key != name}}
                with pytest.raises(ValueError, match=f"{section}.{name} is missing"):
                    parse_params(fewer, "params.yaml")


def test_all_mistakes_are_told_at_once(values):
    values = changed(changed(values, "noise.rate", 2), "pool.seed", -1)
    with pytest.raises(ValueError, match=r"(?s)pool.seed = -1.*noise.rate = 2"):
        parse_params(values, "params.yaml")


def test_no_key_has_a_default():
    """A default would be a value that decides an artifact and that DVC does not see."""

    def check(section):
        for name, field in section.model_fields.items():
            assert field.is_required(), f"{section.__name__}.{name}"
            if isinstance(field.annotation, type) and hasattr(field.annotation, "model_fields"):
                check(field.annotation)

    check(Params)


def test_a_validation_set_is_one_however_many_test_sets_there_are(values):
    tests = [{"name": name, "kind": "files", "path": f"{name}.tsv"} for name in ("news", "talks")]
    sources = [{"name": "own", "kind": "files", "path": "own.tsv", "weight": 1.0}]
    values = changed(values, "pool", values["pool"] | {"sources": sources, "tests": tests, "valid": [], "num_valid": 9})
    few = changed(values, "significance.num_samples", 239)
    parse_params(changed(few, "translate.split", "valid"), "params.yaml")
    with pytest.raises(ValueError, match="with 36 tests at each budget"):
        parse_params(changed(few, "translate.split", "test"), "params.yaml")


def test_every_metric_in_use_is_counted_as_a_test(values):
    model = {"model": "m", "revision": None, "batch_size": 16}
    with_both = changed(values, "score", {"comet": model | {"precision": "float16"}, "bleurt": model})
    with pytest.raises(ValueError, match="with 72 tests at each budget no difference could hold"):
        parse_params(changed(with_both, "significance.num_samples", 1438), "params.yaml")
    assert parse_params(changed(with_both, "significance.num_samples", 1439), "params.yaml").score.metrics == (
        "bleu", "chrf", "comet", "bleurt",
    )  # fmt: skip
