import itertools
import json
import sys

import pytest
import torch

from gdig.io.files import write_json
from gdig.io.records import Pair
from gdig.io.tokens import text_tokens
from gdig.lm.batches import pad
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import example_losses
from gdig.lm.prompt import encode_instructions
from gdig.translate import run as module
from gdig.translate import transformers_backend
from gdig.translate.attention import GROUPED
from gdig.translate.prompts import Task
from gdig.translate.run import _texts, generation_record, open_journal, translate


@pytest.fixture
def run(checkpoint, pairs, params, tmp_path):
    def translated(settings, chosen=pairs, **changes):
        settings = settings.model_copy(update=changes)
        journal = tmp_path / "journal.jsonl"
        journal.unlink(missing_ok=True)
        return translate(checkpoint, chosen, params.prompt, settings, journal, "test")

    return translated


@pytest.mark.parametrize("num_beams", [1, 4])
@pytest.mark.parametrize(("ratio", "extra"), [(0.5, 1), (1.5, 3)])
def test_batched_translations_equal_those_one_at_a_time(run, settings, num_beams, ratio, extra):
    """Also where limits cut most translations: each has its own, whatever the longest of its batch may have."""
    changes = {"num_beams": num_beams, "max_length_extra": extra, "max_length_ratio": ratio}
    alone = run(settings, max_tokens=1, **changes)
    assert len(set(alone.values())) > 10
    for max_tokens in (300, 100_000):
        assert run(settings, max_tokens=max_tokens, **changes) == alone


@pytest.mark.parametrize("num_beams", [1, 4])
def test_ctranslate2_gives_the_same_translations(run, settings, num_beams):
    pytest.importorskip("ctranslate2")
    for changes in ({}, {"max_length_ratio": 0.5, "max_length_extra": 1}):
        expected = run(settings, num_beams=num_beams, **changes)
        assert run(settings, num_beams=num_beams, backend="ctranslate2", **changes) == expected


def test_order_of_the_input_does_not_matter(run, settings, pairs):
    forward = run(settings, max_tokens=300)
    backward = run(settings, chosen=pairs[::-1], max_tokens=300)
    assert list(backward) == [pair.id for pair in pairs[::-1]]
    assert backward == forward


def test_hypotheses_stop_at_their_own_limit(run, settings, checkpoint, pairs):
    longest_token = max(map(len, load_tokenizer(checkpoint).get_vocab()))
    for num_beams in (1, 4):
        for hypothesis in run(settings, max_length_ratio=0.01, max_length_extra=2, num_beams=num_beams).values():
            assert 0 < len(hypothesis) <= 2 * longest_token


def test_beam_search_finds_likelier_hypotheses_and_penalties_change_their_length(
    run, settings, checkpoint, pairs, params
):
    model, tokenizer = load_model(checkpoint), load_tokenizer(checkpoint)

    def loss(texts):
        found = [Pair(pair.id, pair.src, texts[pair.id]) for pair in pairs]
        return example_losses(model, pad(encode_instructions(found, tokenizer, params.prompt))).mean().item()

    beams = run(settings, num_beams=4)
    assert loss(beams) < loss(run(settings, num_beams=1))
    # Of sources that the model was not trained on it is not sure how long their translations are.
    words = "Anna", "Otto", "hört", "sieht.", "Ida", "Max.", "xyz", "?", "17"
    odd = [Pair(text, text, "-") for text in (" ".join(some) for some in itertools.permutations(words, 2))]
    roomy = {"num_beams": 4, "max_length_extra": 12, "chosen": odd}
    short, long = (sum(map(len, run(settings, length_penalty=power, **roomy).values())) for power in (-5.0, 5.0))
    assert short < long


def test_a_checkpoints_own_generation_settings_are_not_used(run, settings, checkpoint):
    path = checkpoint / "generation_config.json"
    before, expected = path.read_text(), run(settings)
    write_json(path, {"do_sample": True, "temperature": 5.0, "repetition_penalty": 3.0, "max_new_tokens": 1})
    try:
        assert run(settings) == expected
    finally:
        path.write_text(before)


def test_hypotheses_are_one_line(run, settings):
    for hypothesis in run(settings).values():
        assert hypothesis == " ".join(hypothesis.split())


def test_a_record_tells_settings_and_versions(settings):
    record = generation_record(settings.model_copy(update={"backend": "ctranslate2"}))
    assert record["settings"]["num_beams"] == settings.num_beams
    assert set(record["versions"]) == {"ctranslate2", "transformers"}


def test_what_a_journal_holds_is_not_decoded_again_and_a_torn_line_is_dropped(
    settings, checkpoint, pairs, params, tmp_path, monkeypatch
):
    settings = settings.model_copy(update={"max_tokens": 90, "num_beams": 4})
    journal = tmp_path / "journal.jsonl"
    expected = translate(checkpoint, pairs, params.prompt, settings, journal, "test")
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:10]) + lines[10][:-1])
    decoded = []
    original = module.decoder

    def counting(*arguments):
        decode = original(*arguments)
        return lambda batch: decoded.extend(task.id for task in batch) or decode(batch)

    monkeypatch.setattr(module, "decoder", counting)
    assert translate(checkpoint, pairs, params.prompt, settings, journal, "test") == expected
    # Batches stay as they are: a torn one is decoded again whole.
    kept = {json.loads(line)[0] for line in lines[:10]}
    assert {pair.id for pair in pairs} - kept <= set(decoded)
    assert len(decoded) < len(pairs)
    assert set(journal.read_text().splitlines()) == set(whole.decode().splitlines())
    decoded.clear()
    assert translate(checkpoint, pairs, params.prompt, settings, journal, "test") == expected
    assert decoded == []


def test_a_journal_in_use_is_refused(run, settings, checkpoint, pairs, params, tmp_path):
    with open_journal(tmp_path / "j.jsonl"), pytest.raises(ValueError, match=r"j.jsonl: another process writes these"):
        translate(checkpoint, pairs, params.prompt, settings, tmp_path / "j.jsonl", "test")


def test_what_ctranslate2_cannot_do_is_reported(run, settings, tmp_path, params, pairs, monkeypatch):
    ctranslate2 = pytest.importorskip("ctranslate2")
    known = ctranslate2.get_supported_compute_types("cpu")
    if "bfloat16" not in known:
        with pytest.raises(ValueError, match=r"translate.dtype = 'bfloat16': CTranslate2 on this cpu supports"):
            run(settings, backend="ctranslate2", dtype="bfloat16")
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(ValueError, match=r"pip install 'gdig\[ctranslate2\]'"):
        run(settings, backend="ctranslate2")


def test_what_a_limit_cuts_inside_a_character_leaves_no_replacement_character(base_folder):
    tokenizer = load_tokenizer(base_folder)
    (tokens,) = text_tokens(tokenizer, ["ein Satz 日"])
    end = [tokenizer.eos_token_id]
    whole, cut = (_texts([Task("a", [1], 99)], [ids], tokenizer, end)["a"] for ids in ([*tokens, *end], tokens[:-1]))
    assert whole == "ein Satz 日"
    assert cut == "ein Satz"


def test_prompts_that_ended_leave_a_greedy_batch(run, settings, monkeypatch):
    generated = []
    generate = transformers_backend.Transformers._generate

    def counted(self, tokens_BT, *rest, **more):
        generated.append(len(tokens_BT))
        return generate(self, tokens_BT, *rest, **more)

    monkeypatch.setattr(transformers_backend.Transformers, "_generate", counted)
    monkeypatch.setattr(transformers_backend, "STEPS_BETWEEN_LOOKS", 2)
    found = run(settings, max_tokens=100_000)
    assert generated[0] == len(found)
    assert generated == sorted(generated, reverse=True)
    assert len(set(generated)) > 2
    for steps in (1, 7, 1000):
        monkeypatch.setattr(transformers_backend, "STEPS_BETWEEN_LOOKS", steps)
        assert run(settings, max_tokens=100_000) == found


def test_half_precision_on_a_cpu_has_its_own_attention_which_rounds_no_more(settings, checkpoint, pairs, params):
    tokenizer = load_tokenizer(checkpoint)
    batch = pad(encode_instructions(pairs, tokenizer, params.prompt))
    half = transformers_backend.Transformers(
        checkpoint, tokenizer, settings.model_copy(update={"dtype": "bfloat16"}), [tokenizer.eos_token_id]
    ).model
    whole = transformers_backend.Transformers(checkpoint, tokenizer, settings, [tokenizer.eos_token_id]).model
    if whole.device.type != "cpu":
        pytest.skip("fused attention is slow on CPUs alone")
    assert (whole.config._attn_implementation, half.config._attn_implementation) == ("sdpa", GROUPED)

    def logits(model):
        with torch.inference_mode():
            return model(input_ids=batch.tokens_BT, attention_mask=batch.mask_BT).logits[batch.mask_BT.bool()].float()

    def error(model):
        return (logits(model) - exact).abs().mean()

    exact = logits(whole)
    own = error(half)
    half.set_attn_implementation("sdpa")
    assert 0 < own < 1.2 * error(half)
