"""Prompts in chat templates of several families, with tokenizers of several makes."""

import re

import pytest

from gdig.io.records import Pair
from gdig.io.tokens import decode, text_tokens
from gdig.lm.prompt import chat_template, encode_base_format, encode_instructions, end_tokens, instruction
from gdig.translate.prompts import tasks_of
from tests.chats import MAKES, SPECIAL, TEMPLATES, chat_tokenizer
from tests.conftest import PROMPT

CHAT = PROMPT.model_copy(update={"format": "chat"})
WITH_SYSTEM = CHAT.model_copy(update={"system": "Du übersetzt genau."})
ENDS = {"chatml": "<|im_end|>", "llama3": "<|eot|>", "llama31": "<|eot|>", "gemma2": "<end_of_turn>",
        "gemma3": "<end_of_turn>", "mistral": "</s>", "bare": "</s>"}  # fmt: skip
SOURCES = [
    "Guten Tag", "  außen  ", "Zeile\n\nzwei\tTab", "日本語 ¡é! 1.5 €", "", "<b>&amp;'\"</b>", "{{ x }}", "###", "\n",
    "a  b",
]  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer_of():
    made = {}

    def get(family, make):
        if (family, make) not in made:
            made[family, make] = chat_tokenizer(family, make)
        return made[family, make]

    return get


def messages(source, prompt):
    turns = [{"role": "user", "content": instruction(source, prompt)}]
    return turns if prompt.system is None else [{"role": "system", "content": prompt.system}, *turns]


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize(
    ("family", "prompt"),
    [(family, CHAT) for family in TEMPLATES]
    + [(family, WITH_SYSTEM) for family in TEMPLATES if family != "gemma2"],  # it takes no system turn
)
def test_prompts_are_those_of_apply_chat_template(tokenizer_of, family, make, prompt, params):
    tokenizer = tokenizer_of(family, make)
    pairs = [Pair(str(number), source, "the house") for number, source in enumerate(SOURCES)]
    # The date of a template that asks for one is the one that Llama's own has without a clock.
    expected = [
        tokenizer.apply_chat_template(
            messages(pair.src, prompt), add_generation_prompt=True, return_dict=False, date_string="26 Jul 2024"
        )
        for pair in pairs
    ]
    (target,) = text_tokens(tokenizer, ["the house"])
    end = tokenizer.convert_tokens_to_ids(ENDS[family])
    for example, wanted in zip(encode_instructions(pairs, tokenizer, prompt), expected, strict=True):
        assert example.tokens == [*wanted, *target, end]
        assert example.prompt_length == len(wanted)
        assert example.tokens.count(tokenizer.bos_token_id) == TEMPLATES[family].count("bos_token")
    assert [task.tokens for task in tasks_of(pairs, tokenizer, prompt, params.translate)] == expected
    assert end_tokens(tokenizer, prompt) == list(dict.fromkeys([end, tokenizer.eos_token_id]))
    # The base model's own format stays what it is.
    assert encode_base_format(pairs, tokenizer, prompt) == encode_base_format(pairs, tokenizer, PROMPT)


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("family", TEMPLATES)
def test_special_strings_in_texts_are_text(tokenizer_of, family, make):
    """Those of a template are tokens."""
    tokenizer = tokenizer_of(family, make)
    held = [*SPECIAL[family], "</s>", "<s>", "<unk>"]
    texts = [f"Ende {string} hier" for string in held] + ["".join(held)]
    pairs = [Pair(str(number), text, text) for number, text in enumerate(texts)]
    special = {*tokenizer.convert_tokens_to_ids(held)} - {tokenizer.unk_token_id}
    (clean,) = encode_instructions([Pair("x", "Ende hier", "Ende")], tokenizer, CHAT)
    frame = [token for token in clean.tokens if token in special]
    for pair, example in zip(pairs, encode_instructions(pairs, tokenizer, CHAT), strict=True):
        assert [token for token in example.tokens if token in special] == frame
        assert tokenizer.unk_token_id not in example.tokens
        shown, response = example.tokens[: example.prompt_length], example.tokens[example.prompt_length : -1]
        assert decode(tokenizer, response).strip() == pair.trg
        squeezed = "".join(decode(tokenizer, shown).split())
        assert "".join(instruction(pair.src, CHAT).split()) in squeezed


def test_an_end_of_turn_that_is_no_special_token_is_kept_out_of_texts_too():
    tokenizer = chat_tokenizer("bare")
    tokenizer.add_tokens(["<ende>"])
    tokenizer.chat_template = (
        "{% for message in messages %}{{ message['content'] + '<ende>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"
    )
    (end,) = tokenizer.convert_tokens_to_ids(["<ende>"])
    (example,) = encode_instructions([Pair("a", "das <ende> da", "the <ende> there")], tokenizer, CHAT)
    assert example.tokens.count(end) == 2
    assert example.tokens[-1] == end
    assert example.tokens[example.prompt_length :].count(end) == 1
    assert decode(tokenizer, example.tokens[example.prompt_length : -1]) == "the <ende> there"


def test_unigram_pieces_that_are_special_are_refused_by_text(tokenizer_of):
    """No instruct model has such a tokenizer; text of users does not become its EOS all the same."""
    from tests.io.test_tokens import first, is_unigram

    tokenizer = first(lambda t: is_unigram(t) and t.eos_token == "</s>")
    tokenizer.chat_template = TEMPLATES["bare"]
    encode_instructions([Pair("a", "wie geht es", "es")], tokenizer, CHAT)
    with pytest.raises(ValueError, match=r"the text '.*a </s> b.*' holds "):
        encode_instructions([Pair("a", "a </s> b", "x")], tokenizer, CHAT)


OPEN = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (None, "prompt.format = 'chat', but the model has no chat template"),
        ("{% for m in %}", "the model's chat template fails (Expected an expression"),
        ("{{ raise_exception('no\n chat') }}", "the model's chat template fails (no chat)"),
        ("{{ messages[5].content }}", "the model's chat template fails ("),
        ("Hallo" + OPEN, "the chat template leaves out or changes the source"),
        ("{{ messages[0].content | upper }}" + OPEN, "the chat template leaves out or changes the source"),
        ("{{ messages[0].content * 2 }}" + OPEN, "the chat template repeats the source"),
        ("{{ messages[0].content | e }}" + OPEN, "the chat template leaves out or changes the source"),
        ("{{ messages[0].content | replace('  ', ' ') }}" + OPEN, "does not show a source as it is, such as '  auß"),
        ("{{ messages[0].content.split('<|im_end|>')[0] }}" + OPEN, "does not show a source as it is, such as '<pad>"),
        ("{{ messages[0].content[:400] }}" + OPEN, "does not show a source as it is, such as 'Wort Wort"),
        ("{{ strftime_now('%d') + messages[0].content }}" + OPEN, "puts today's date into the prompt"),
        (
            "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}",
            r"the chat template ignores add_generation_prompt, so that prompts would lack '<|im_start|>assistant\n'",
        ),
        (
            "{% if messages | length > 1 %}{{ raise_exception('one at a time') }}{% endif %}{{ messages[0].content }}",
            "the model's chat template fails on an answer (one at a time)",
        ),
    ],
)
def test_templates_that_cannot_be_used_are_refused_in_one_line(template, message):
    tokenizer = chat_tokenizer("chatml")
    tokenizer.chat_template = template
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        chat_template(tokenizer, CHAT)
    assert "\n" not in str(caught.value)
    assert chat_template(tokenizer, PROMPT) is None


@pytest.mark.parametrize(
    ("template", "system", "message"),
    [
        (TEMPLATES["gemma2"], "Sei genau.", "takes no system turn (System role not supported); set prompt.system to"),
        ("{{ messages[-1].content }}" + OPEN, "Sei genau.", "leaves out or changes prompt.system"),
        ("{{ messages[0].content * 2 + messages[1].content }}" + OPEN, "Sei genau.", "repeats prompt.system"),
        ("{{ messages[0].content | e }}{{ messages[-1].content }}" + OPEN, "<&>", "show prompt.system = '<&>' as it"),
        (TEMPLATES["chatml"], "Sei<|im_end|>", "prompt.system holds '<|im_end|>', a special token of the model"),
    ],
)
def test_a_system_text_that_a_template_cannot_show_is_refused(template, system, message):
    tokenizer = chat_tokenizer("chatml")
    tokenizer.chat_template = template
    with pytest.raises(ValueError, match=re.escape(message)):
        chat_template(tokenizer, CHAT.model_copy(update={"system": system}))
