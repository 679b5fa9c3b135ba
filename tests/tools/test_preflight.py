import shutil

import pytest

from gdig.io.records import Pair, write_pairs
from gdig.lm.load import load_tokenizer
from gdig.lm.prompt import may_exceed
from gdig.run.paths import Paths
from gdig.tools.preflight import check_lengths, check_linears
from tests.conftest import PROMPT, toy_pairs

LONG = "the house dog sees " * 12
"""The toy model reads 64 tokens."""


@pytest.fixture
def paths(tmp_path, monkeypatch, base_folder, params):
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile=params.profile)
    paths.base.parent.mkdir(parents=True)
    paths.base.symlink_to(base_folder)
    for path in (paths.pool, paths.seeds, paths.valid, paths.test):
        write_pairs(path, toy_pairs(9))
    return paths


def test_texts_that_the_model_reads_pass(paths, params):
    check_lengths(
        params.model_copy(update={"translate": params.translate.model_copy(update={"max_length_ratio": 0.5})})
    )


@pytest.mark.parametrize("name", ["pool", "seeds", "valid"])
@pytest.mark.parametrize("side", ["src", "trg"])
def test_a_pair_that_is_too_long_is_named_with_its_file(paths, params, name, side):
    texts = {"src": "ab", "trg": "AB"} | {side: LONG}
    write_pairs(getattr(paths, name), [*toy_pairs(4), Pair("too-long", **texts)])
    message = (
        rf"{name}.jsonl: pair too-long: prompt and response have \d+ tokens, but the model reads 64; lower prepare"
    )
    with pytest.raises(ValueError, match=message):
        check_lengths(params)


def test_the_room_of_a_translation_counts(paths, params):
    short = params.model_copy(update={"translate": params.translate.model_copy(update={"max_length_extra": 60})})
    with pytest.raises(ValueError, match=r"test.jsonl: pair .* its translation may have \d+, but the model reads 64"):
        check_lengths(short)
    valid = params.model_copy(update={"translate": short.translate.model_copy(update={"split": "valid"})})
    with pytest.raises(ValueError, match=r"valid.jsonl: pair"):
        check_lengths(valid)


def test_a_chat_counts_what_its_template_adds_and_needs_one(paths, params, tmp_path):
    chat = params.model_copy(
        update={
            "prompt": params.prompt.model_copy(update={"format": "chat"}),
            "translate": params.translate.model_copy(update={"max_length_ratio": 0.5}),
        }
    )
    with pytest.raises(ValueError, match=r"/base: prompt.format = 'chat', but the model has no chat template"):
        check_lengths(chat)
    folder = shutil.copytree(paths.base, tmp_path / "chat")
    paths.base.unlink()
    paths.base.symlink_to(folder)
    # The plain format fits.
    (folder / "chat_template.jinja").write_text("{{ 'the house dog sees ' * 12 + messages[0].content }}")
    check_lengths(params.model_copy(update={"translate": chat.translate}))
    with pytest.raises(ValueError, match=r"pool.jsonl: pair t\d+: prompt and response have \d+ tokens, but the model"):
        check_lengths(chat)


def test_only_pairs_that_may_be_too_long_are_left_and_bytes_are_not_trusted_where_a_tokenizer_may_add_characters(
    base_folder,
):
    """Most tokenizers make 18 characters of one ligature."""
    tokenizer = load_tokenizer(base_folder)
    tokenizer.max_positions = 400
    pairs = [Pair("short", "ab", "AB"), Pair("ligatures", "ab", "\ufdfa" * 20), Pair("long", "ab", "x" * 400)]
    assert [pair.id for pair in may_exceed(pairs, tokenizer, PROMPT)] == ["ligatures", "long"]
    assert may_exceed(pairs[:1], tokenizer, PROMPT, spare=380) == pairs[:1]


@pytest.mark.parametrize(
    ("section", "changes", "stage", "message"),
    [
        (
            "curvature",
            {"linears": ["mlp.fc1"]},
            "curvature@a",
            r"no linear is named model.layers.2.mlp.fc1; the linears",
        ),
        ("curvature", {"layer_step": 9}, "curvature@a", "curvature.layer_step = 9, but the model has 3 blocks"),
        (
            "gradients",
            {"linear": "fc2"},
            "gradients@a",
            "no linear is named model.layers.2.fc2; the linears of a block",
        ),
    ],
)
def test_linears_that_the_base_model_does_not_have_are_named_where_a_stage_needs_them(
    paths, params, section, changes, stage, message
):
    wrong = params.model_copy(update={section: getattr(params, section).model_copy(update=changes)})
    with pytest.raises(ValueError, match=message):
        check_linears(wrong, ["pool@a", stage])
    check_linears(wrong, ["pool@a"])
    check_linears(params, ["curvature@a", "gradients@a"])
