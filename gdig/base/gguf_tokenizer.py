"""Build the tokenizer that a GGUF file describes, by its own kind.

Not by the architecture's name and not by transformers' own builder, which splits digits of SmolLM's text by GPT-2's
rule, cuts Gemma's runs of spaces, and falls back to GPT-2 for pre-tokenizers that it does not know.
"""

from collections.abc import Callable, Sequence
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from gdig.base.gguf_file import Header
from gdig.io.tokens import Tokens, special_tokens

SPACE = "\u2581"
"""The sentencepiece symbol for a space."""
UNKNOWN, CONTROL, USER_DEFINED, BYTE = 2, 3, 4, 6
"""Kinds of tokens in `tokenizer.ggml.token_type` that are not ordinary text."""

CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d"
GPT2 = rf"{CONTRACTIONS}| ?\p{{L}}+| ?\p{{N}}+| ?[^\s\p{{L}}\p{{N}}]+|\s+(?!\S)|\s+"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = rf"(?i:{CONTRACTIONS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = QWEN2.replace(r"\p{L}+", r"[\p{L}\p{M}]+").replace(r"[^\s\p{L}\p{N}]+", r"[^\s\p{L}\p{M}\p{N}]+")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASED = rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+%s|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*%s"
TEKKEN = rf"{CASED % ('', '')}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}"
GPT4O = rf"{CASED % ((f'(?i:{CONTRACTIONS})?',) * 2)}|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}"
DEEPSEEK3 = (
    r"\p{N}{1,3}",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r"[!-/:-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|" + SPACES,
)
BLOOM = " ?[^(\\s|.,!?…。，、।۔،)]+"
SPLITS = {
    (GPT2,): ("gpt-2", "gpt2", "mpt", "olmo", "jais", "phi-2", "gigachat", "granite-docling"),
    (r"\p{N}", GPT2): ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"),
    (LLAMA3,): (
        "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "dbrx", "smaug-bpe",
        "chatglm-bpe", "glm4",
    ),
    (QWEN2,): ("qwen2", "deepseek-r1-qwen", "stablelm2", "kormo", "megrez", "hunyuan"),
    (QWEN35,): ("qwen35",),
    (TEKKEN,): ("tekken",),
    (GPT4O,): ("gpt-4o", "llama4", "kanana2"),
    DEEPSEEK3: ("deepseek-v3", "hunyuan-dense"),
    (BLOOM,): ("bloom", "poro-chat", "gpt3-finnish"),
    (BLOOM, r"\p{N}"): ("viking",),
}  # fmt: skip
"""How text is split before merges, by `tokenizer.ggml.pre` (llama.cpp's names; patterns are in the models' files)."""
WHOLE_WORDS = {"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "tekken"}
"""Vocabularies whose words are taken whole before any merge."""
NEVER = -1e6
"""A score below that of any text in single characters."""
COMPOSED = {"qwen2", "qwen35", "deepseek-r1-qwen"}
"""Vocabularies whose text is composed (NFC) first."""


def build_tokenizer(header: Header) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a GGUF file, with its special tokens and chat template.

    Raises:
        ValueError: the file has no tokenizer, or one of a kind or with a pre-tokenizer that is not known here, or its
            parts contradict each other; names the file and the key.
    """
    kind = _get(header, "model")
    if kind is None or not _get(header, "tokens"):
        raise ValueError(
            f"{header.path}: holds no tokenizer (tokenizer.ggml.tokens); take a file that was converted with one"
        )
    if kind not in BACKENDS:
        raise ValueError(
            f"{header.path}: tokenizer.ggml.model = {kind!r} is not known; {', '.join(BACKENDS)} are (byte-level BPE, "
            f"SentencePiece BPE, Unigram): take the model's safetensors"
        )
    try:
        backend = BACKENDS[kind](header)
    except ValueError:
        raise
    except Exception as error:  # tokenizers raises plain exceptions
        raise ValueError(f"{header.path}: its tokenizer cannot be built ({error}); convert the model again") from None
    return _with_special_tokens(backend, header, kind)


def _get(header: Header, key: str, default: Any = None) -> Any:
    return header.metadata.get(f"tokenizer.ggml.{key}", default)


def _vocabulary(header: Header) -> dict[str, int]:
    vocabulary: dict[str, int] = {}
    for number, token in enumerate(_get(header, "tokens")):
        vocabulary.setdefault(token, number)
    return vocabulary


def _tokens_of(header: Header, *kinds: int) -> list[str]:
    """Return the tokens of some kinds, in the order of ids."""
    return [token for token, kind in zip(_get(header, "tokens"), _get(header, "token_type", ()), strict=False)
            if kind in kinds]  # fmt: skip


def _listed_merges(header: Header) -> list[tuple[str, str]]:
    merges = _get(header, "merges")
    if not merges:
        raise ValueError(f"{header.path}: tokenizer.ggml.merges is missing; convert the model again")
    # A token may hold the separator itself: the first one that is not at the start separates.
    return [(merge[: (cut := merge.index(" ", 1))], merge[cut + 1 :]) for merge in merges]


def _byte_level(header: Header) -> Tokenizer:
    """Byte-level BPE, as of GPT-2, Llama 3 and Qwen."""
    pre = _get(header, "pre")
    patterns = next((patterns for patterns, names in SPLITS.items() if pre in names), None)
    if patterns is None:
        known = sorted(name for names in SPLITS.values() for name in names)
        raise ValueError(
            f"{header.path}: tokenizer.ggml.pre = {pre!r} is not known, so that text would be split otherwise than in "
            f"training; known are {', '.join(known)}: convert the model again, or take its safetensors"
        )
    tokenizer = Tokenizer(
        models.BPE(_vocabulary(header), _listed_merges(header), fuse_unk=False, ignore_merges=pre in WHOLE_WORDS)
    )
    if pre in COMPOSED:
        tokenizer.normalizer = normalizers.NFC()
    prefix = bool(_get(header, "add_space_prefix", False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), behavior="isolated") for pattern in patterns]
        + [pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _sentencepiece_bpe(header: Header) -> Tokenizer:
    """SentencePiece BPE, as of Llama 2, Mistral and Gemma; pairs merge in the order of their merged token's rank."""
    merges = _listed_merges(header) if _get(header, "merges") else ranked_merges(header)
    tokenizer = Tokenizer(
        models.BPE(
            _vocabulary(header), merges, unk_token=_special(header, "unknown"), fuse_unk=True,
            byte_fallback=bool(_tokens_of(header, BYTE)),
        )
    )  # fmt: skip
    return _spelled_by_sentencepiece(tokenizer, header)


def ranked_merges(header: Header) -> list[tuple[str, str]]:
    """Return the merges that SentencePiece's BPE does without listing them, best first.

    It joins the neighbours whose union has the highest score, wherever that union is in the vocabulary: so a token
    stands for all its splits into two tokens. Control, byte and unknown tokens never come of text, and user-defined
    ones are taken whole before any merge.
    """
    tokens, scores = _get(header, "tokens"), _get(header, "scores")
    if not scores or len(scores) != len(tokens):
        raise ValueError(
            f"{header.path}: tokenizer.ggml.scores has {len(scores or ())} entries for {len(tokens)} tokens; convert "
            f"the model again"
        )
    apart = {*_tokens_of(header, UNKNOWN, CONTROL, USER_DEFINED, BYTE)}
    parts = _vocabulary(header).keys() - apart
    ranked = sorted((-score, number) for number, score in enumerate(scores) if tokens[number] in parts)
    return [
        (token[:cut], token[cut:])
        for token in (tokens[number] for _, number in ranked)
        for cut in range(1, len(token))
        if token[:cut] in parts and token[cut:] in parts
    ]


def _unigram(header: Header) -> Tokenizer:
    """SentencePiece Unigram, as of T5 and XGLM."""
    tokens, scores = _get(header, "tokens"), _get(header, "scores")
    if not scores or len(scores) != len(tokens):
        raise ValueError(f"{header.path}: tokenizer.ggml.scores is missing; convert the model again")
    tokenizer = Tokenizer(
        models.Unigram(
            list(zip(tokens, scores, strict=True)), _get(header, "unknown_token_id"), bool(_tokens_of(header, BYTE))
        )
    )
    return _spelled_by_sentencepiece(tokenizer, header)


def _spelled_by_sentencepiece(tokenizer: Tokenizer, header: Header) -> Tokenizer:
    """Set how SentencePiece writes spaces, and normalises characters if the file says so.

    There is no pre-tokenizer: its pieces may cross words. Its prefix is one more space, even before a space.
    """
    charsmap = _get(header, "precompiled_charsmap")
    steps: list[Any] = [normalizers.Precompiled(bytes(value & 0xFF for value in charsmap))] if charsmap else []
    if _get(header, "remove_extra_whitespaces", False):
        steps += [normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    prefix = _get(header, "add_space_prefix", _get(header, "model") != "gemma4")
    steps += [normalizers.Prepend(SPACE)] if prefix else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", SPACE)])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
        + ([decoders.Strip(" ", 1, 0)] if prefix else [])
    )
    return tokenizer


BACKENDS: dict[str, Callable[[Header], Tokenizer]] = {
    "gpt2": _byte_level,
    "llama": _sentencepiece_bpe,
    "gemma4": _sentencepiece_bpe,
    "t5": _unigram,
}
"""Builders by `tokenizer.ggml.model`."""


def _special(header: Header, name: str) -> str | None:
    """Return the token of a role, or None."""
    number, tokens = _get(header, f"{name}_token_id"), _get(header, "tokens")
    if number is None:
        return None
    if not 0 <= number < len(tokens):
        raise ValueError(
            f"{header.path}: tokenizer.ggml.{name}_token_id = {number}, but there are {len(tokens)} tokens; convert "
            f"the model again"
        )
    return str(tokens[number])


def _with_special_tokens(backend: Tokenizer, header: Header, kind: str) -> PreTrainedTokenizerFast:
    """Add what stands apart from text: control tokens, user-defined ones, and those that enclose a text."""
    backend.add_special_tokens([AddedToken(token, normalized=False) for token in _tokens_of(header, CONTROL)])
    backend.add_tokens([AddedToken(token, normalized=False) for token in _tokens_of(header, USER_DEFINED)])
    roles = {name: _special(header, key) for name, key in (
        ("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding"),
    )}  # fmt: skip
    # llama.cpp takes these for granted where a file does not say.
    adds_bos = _get(header, "add_bos_token", kind == "llama" or _get(header, "pre") in WHOLE_WORDS)
    front = [roles["bos_token"]] if adds_bos and roles["bos_token"] else []
    back = [roles["eos_token"]] if _get(header, "add_eos_token", kind == "t5") and roles["eos_token"] else []
    if front or back:
        backend.post_processor = processors.TemplateProcessing(
            single=[*front, "$A", *back],
            special_tokens=[(token, backend.token_to_id(token)) for token in dict.fromkeys(front + back)],
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        clean_up_tokenization_spaces=False,
        model_max_length=header.of_model("context_length"),
        **{name: token for name, token in roles.items() if token is not None},
    )
    tokenizer.chat_template = header.metadata.get("tokenizer.chat_template")
    return tokenizer


def fewest_tokens(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[Tokens]:
    """Return texts cut into as few tokens of the vocabulary as possible, within what the tokenizer splits first."""
    given = tokenizer.backend_tokenizer
    vocabulary = given.get_vocab(with_added_tokens=False)
    apart = special_tokens(tokenizer) | {tokenizer.unk_token_id}
    # Ids are places. Special tokens are never the cheapest.
    scored = [(f"\0{number}", NEVER) for number in range(max(vocabulary.values()) + 1)]
    for token, number in vocabulary.items():
        scored[number] = (token, NEVER if number in apart else -1.0)
    unknown = tokenizer.unk_token_id or 0
    backend = Tokenizer(models.Unigram(scored, unknown, getattr(given.model, "byte_fallback", False)))
    if given.normalizer is not None:
        backend.normalizer = given.normalizer
    if given.pre_tokenizer is not None:
        backend.pre_tokenizer = given.pre_tokenizer
    return [encoding.ids for encoding in backend.encode_batch(list(texts), add_special_tokens=False)]
