"""Small instruct tokenizers of several makes, each with the chat template of its family."""

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

CORPUS = [
    "Translate the following text into English.\n\nText:\n", "wie geht es dir heute", "the house is green",
    "user assistant system model", "Guten Tag, Ende hier im Text", "du übersetzt genau und knapp",
] * 30  # fmt: skip

TEMPLATES = {
    "chatml": (
        "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
        "{{ '<|im_start|>system\nYou are helpful<|im_end|>\n' }}{% endif %}"
        "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "llama3": (
        "{% for message in messages %}{% set content = '<|start|>' + message['role'] + '<|stop|>\n\n' "
        "+ message['content'] | trim + '<|eot|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
        "{% endif %}{{ content }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|start|>assistant<|stop|>\n\n' }}{% endif %}"
    ),
    # As Llama 3.1 has it.
    "llama31": (
        "{{ bos_token }}{% if not date_string is defined %}{% if strftime_now is defined %}"
        "{% set date_string = strftime_now('%d %b %Y') %}{% else %}{% set date_string = '26 Jul 2024' %}{% endif %}"
        "{% endif %}{{ '<|start|>system<|stop|>\n\nToday Date: ' + date_string + '\n\n' }}"
        "{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] | trim }}"
        "{% set messages = messages[1:] %}{% endif %}{{ '<|eot|>' }}{% for message in messages %}"
        "{{ '<|start|>' + message['role'] + '<|stop|>\n\n' + message['content'] | trim + '<|eot|>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|start|>assistant<|stop|>\n\n' }}{% endif %}"
    ),
    # Gemma 2 takes no system turn.
    "gemma2": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
        "{% endif %}{% for message in messages %}"
        "{% if message['role'] == 'assistant' %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}"
        "{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
    ),
    # Gemma 3 folds it into the user's.
    "gemma3": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set first = messages[0]['content'] + '\n\n' %}"
        "{% set rest = messages[1:] %}{% else %}{% set first = '' %}{% set rest = messages %}{% endif %}"
        "{% for message in rest %}"
        "{% if message['role'] == 'assistant' %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}"
        "{% endif %}{{ '<start_of_turn>' + role + '\n' + (first if loop.first else '') }}"
        "{{ message['content'] | trim }}{{ '<end_of_turn>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
    ),
    "mistral": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set before = messages[0]['content'] + '\n\n' %}"
        "{% set messages = messages[1:] %}{% else %}{% set before = '' %}{% endif %}{% for message in messages %}"
        "{% if message['role'] == 'user' %}{{ ' [INST] ' + before + message['content'] + ' [/INST]' }}"
        "{% else %}{{ ' ' + message['content'] | trim + eos_token }}{% endif %}{% endfor %}"
    ),
    # Ends no turn.
    "bare": (
        "{% for message in messages %}{{ '### ' + message['role'] + ':\n' + message['content'] + '\n\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '### assistant:\n' }}{% endif %}"
    ),
}
SPECIAL = {
    "chatml": ["<|im_start|>", "<|im_end|>"], "llama3": ["<|start|>", "<|stop|>", "<|eot|>"],
    "llama31": ["<|start|>", "<|stop|>", "<|eot|>"], "gemma2": ["<start_of_turn>", "<end_of_turn>"],
    "gemma3": ["<start_of_turn>", "<end_of_turn>"], "mistral": ["[INST]", "[/INST]"], "bare": [],
}  # fmt: skip
MAKES = "bytes", "prepending", "gemma"


def chat_tokenizer(family: str, make: str = "bytes", *, vocab_size: int = 500, corpus: list[str] = CORPUS):
    """Train a tokenizer of a make, with the special tokens and template of a family; it puts BOS before texts.

    bytes: as Llama 3 and Qwen. prepending: as Llama 2 and Mistral, whose texts begin with a space. gemma: with white
    space as added tokens.
    """
    names = ["<pad>", "</s>", "<s>", "<unk>", *SPECIAL[family]]
    if make == "bytes":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    else:
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
        first = [normalizers.Prepend("▁")] if make == "prepending" else []
        tokenizer.normalizer = normalizers.Sequence([*first, normalizers.Replace(" ", "▁")])
        strip = [decoders.Strip(content=" ", left=1)] if make == "prepending" else []
        tokenizer.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
        )
        names += [f"<0x{byte:02X}>" for byte in range(256)]
        alphabet = sorted({character for text in corpus for character in text})
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=names, initial_alphabet=alphabet, show_progress=False
    )
    if make != "bytes":
        tokenizer.pre_tokenizer = pre_tokenizers.Split(pattern="▁", behavior="merged_with_next")
    tokenizer.train_from_iterator(corpus, trainer)
    if make != "bytes":
        # Trained by words, as they are, but not split: merges may span what the template puts beside a text.
        tokenizer.pre_tokenizer = None
        tokenizer = _without_special_bytes(tokenizer)
    if make == "gemma":
        tokenizer.add_tokens([AddedToken("\n\n", normalized=False), AddedToken("▁▁", normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        chat_template=TEMPLATES[family],
    )  # fmt: skip


def _without_special_bytes(tokenizer: Tokenizer) -> Tokenizer:
    """Byte tokens are pieces of the vocabulary and not special: the trainer knows no other way to add them."""
    import json

    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if not token["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(state))
