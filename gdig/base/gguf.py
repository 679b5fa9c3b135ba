"""Convert a GGUF file to a model folder: `python -m gdig.base.gguf FILE FOLDER`.

Weights are dequantised to bfloat16, and the tokenizer is built by the file's own kind. The result is checked before it
is kept: texts must come back from the tokenizer as they were, and the model must find them more likely than their own
words in another order, and than with other cuts into tokens.
"""

import argparse
import json
import logging
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM, GgufConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from gdig.base.gguf_file import Header, kinds, read_header
from gdig.base.gguf_tokenizer import build_tokenizer, fewest_tokens
from gdig.base.round_trip import changed_texts
from gdig.io.files import atomic_folder, digest, write_text
from gdig.io.tokens import Tokens, prompt_start, text_tokens
from gdig.lm.load import device, save
from gdig.lm.loss import dataset_losses
from gdig.lm.prompt import Example
from gdig.run.command import command

logger = logging.getLogger(__name__)

MAX_CHANGED = 0.05
"""Maximum share of texts that the tokenizer may change in more than white space: charsmaps fold some characters."""
NUM_TEXTS = 40
"""Texts of which losses are taken: enough to tell any of the wrong conversions that were measured from a right one."""
MAX_CHARACTERS = 400
MIN_WORDS = 4
"""Texts with fewer words, such as Chinese ones, are shuffled by characters."""
MAX_TOKENS = 1024
"""Tokens of a batch."""
MIN_GAIN = 0.1
"""Share of a text's loss that shuffling its words must add. Captions: SmolLM2 31%, Gemma 3 77%; a Unigram of BPE 2%."""
MAX_EXCESS = 0.02
"""Share by which texts may be less likely than cut into the fewest tokens: where both are equal, rounding decides."""
ROPE_FACTORS = "rope_freqs.weight"
LLAMA3_ROPE = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
"""Of every Llama 3.1, 3.2 and 3.3; they differ in `factor`."""
NUM_BLOCKS_OF_27B = {"gemma2": 46, "gemma3": 62}
"""Gemma's 27B scale attention by the mean width of a head, which no file says; llama.cpp too goes by their depth."""
LICENCE = "license", "license_name", "license_link"
"""Keys of a model card; with a dot in place of the underscore, those of `general` in a GGUF file."""

TEXTS = (
    "The children were playing in the garden when it suddenly began to rain.",
    "A man in a blue shirt is standing on a ladder and cleaning a window.",
    "Please send us the signed contract by the end of next week.",
    "In 1969, two astronauts walked on the surface of the Moon for the first time.",
    "She opened the door, looked around the room and asked, \"Is anybody home?\"",
    "The museum is open every day from 9:30 to 18:00, except on Mondays.",
    "Many people believe that the city has changed a lot over the last ten years.",
    "If you have any questions, do not hesitate to contact our customer service.",
    "The price of oil rose by 3.5% on Tuesday after the announcement.",
    "He didn't know whether he should laugh or cry when he heard the news.",
    "Two young women are sitting at a table in a café and drinking coffee.",
    "The government has decided to build a new bridge across the river.",
    "Scientists have discovered that the drug reduces the risk of a heart attack.",
    "My grandmother used to tell us stories about the village where she was born.",
    "The train to London leaves from platform 7 in about five minutes.",
    "It is not easy to learn a new language, but it is worth the effort.",
    "Ein Mann fährt mit dem Fahrrad durch den Park und hört dabei Musik.",
    "Die Kinder haben gestern den ganzen Tag im Garten gespielt.",
    "Können Sie mir bitte sagen, wie ich zum Bahnhof komme?",
    "Le gouvernement a annoncé hier une nouvelle réforme de l'éducation.",
    "La ciudad está situada a orillas del río, cerca de las montañas.",
    "Il libro che mi hai regalato per il mio compleanno è molto interessante.",
)  # fmt: skip
"""What the command checks with, where no file of texts is given."""


def convert(source: Path, out: Path, texts: Sequence[str] = TEXTS) -> None:
    """Write a GGUF file as the model folder `out`.

    Raises:
        ValueError: as `convert_into`, or `out` exists.
    """
    if out.exists():
        raise ValueError(f"{out} exists; name a new folder")
    with atomic_folder(out) as folder:
        convert_into(source, texts, folder)


def convert_into(source: Path, texts: Sequence[str], folder: Path) -> dict[str, Any]:
    """Write a GGUF file's weights, configuration, tokenizer and licence into an empty folder.

    Args:
        source: a GGUF file.
        texts: of the languages that the model is wanted for; the check needs a few sentences.
        folder: where model.safetensors, config.json, tokenizer.json and README.md are written.

    Returns:
        File name, SHA-256, and number of tensors by type.

    Raises:
        ValueError: the file is cut, or of an architecture, a tokenizer or a type that is not known; or the result is
            wrong: see `require_round_trip` and `require_sense`.
    """
    header = read_header(source)
    types = kinds(header)
    tokenizer = build_tokenizer(header)
    require_round_trip(source, tokenizer, texts)
    model = dequantised_model(header)
    require_sense(source, model, tokenizer, texts)
    save(folder, model.cpu(), tokenizer)
    facts = {"file": source.name, "sha256": digest(source), "tensors": types}
    write_text(folder / "README.md", _card(header, facts))
    return facts


def dequantised_model(header: Header) -> Any:
    """Return the model of a GGUF file in bfloat16.

    Raises:
        ValueError: transformers does not read the file, or not all of it.
    """
    return _load(header, _config(header))


def _config(header: Header) -> Any:
    """Return the configuration, with what transformers does not read from the file."""
    source, architecture = header.path, header.architecture
    if header.of_model("attention.causal") is False or architecture.endswith(("bert", "encoder")):
        raise ValueError(f"{source}: {architecture!r} is an encoder; take a causal language model")
    try:
        config = AutoConfig.from_pretrained(source.parent, gguf_file=source.name, local_files_only=True)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ValueError(
            f"{source}: transformers cannot convert the architecture {architecture!r} ({_line(error)}); take the "
            f"model's safetensors"
        ) from None
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise ValueError(f"{source}: {architecture!r} is no causal language model")
    if header.of_model("block_count") == NUM_BLOCKS_OF_27B.get(architecture):
        config.query_pre_attn_scalar = config.hidden_size // config.num_attention_heads
    _set_rope(config, header)
    _require_all_values(config, header)
    return config


def _set_rope(config: Any, header: Header) -> None:
    """Scale rotary positions as the file says; transformers reads the base frequency only."""
    kind = header.of_model("rope.scaling.type")
    rope = getattr(config, "rope_parameters", None) or {}
    # By kinds of layers, only those that attend to all positions are scaled.
    rope = rope.get("full_attention", rope)
    if ROPE_FACTORS in header.tensors:
        _set_llama3_rope(rope, header)
    elif kind == "linear":
        rope |= {"rope_type": "linear", "factor": header.of_model("rope.scaling.factor")}
    elif kind not in (None, "none", rope.get("rope_type")):
        raise ValueError(
            f"{header.path}: positions scaled by {kind!r} ({header.architecture}.rope.scaling.type) are not converted; "
            f"take the model's safetensors"
        )


def _set_llama3_rope(rope: dict[str, Any], header: Header) -> None:
    """Find the parameters whose factors the file lists, one for each frequency."""
    found = header.floats(ROPE_FACTORS)
    llama3 = LLAMA3_ROPE | {"rope_type": "llama3", "factor": float(found.max())}
    low, high, length = LLAMA3_ROPE.values()
    wavelengths = 2 * np.pi * rope["rope_theta"] ** (np.arange(len(found)) / len(found))
    smooth = np.clip((length / wavelengths - low) / (high - low), 0, 1)
    if not np.allclose(found, 1 / ((1 - smooth) / llama3["factor"] + smooth), rtol=1e-3):
        raise ValueError(
            f"{header.path}: {ROPE_FACTORS} are not those of Llama 3, and others are not converted; take the model's "
            f"safetensors"
        )
    rope |= llama3


def _require_all_values(config: Any, header: Header) -> None:
    """Compare the number of values in the file with the model's: transformers drops what it does not know."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    given = sum(int(np.prod(tensor.shape)) for name, tensor in header.tensors.items() if name != ROPE_FACTORS)
    wanted = sum(tensor.numel() for tensor in model.parameters())
    buffers = sum(tensor.numel() for name, tensor in model.named_buffers() if name in model.state_dict())
    if not wanted <= given <= wanted + buffers:
        raise ValueError(
            f"{header.path}: holds {given} values, but a {type(model).__name__} as transformers reads its "
            f"configuration has {wanted}; take the model's safetensors"
        )


def _load(header: Header, config: Any) -> Any:
    """Return the model in bfloat16."""
    try:
        model, info = AutoModelForCausalLM.from_pretrained(
            header.path.parent,
            gguf_file=header.path.name,
            config=config,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.bfloat16,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (ValueError, KeyError, TypeError, RuntimeError, NotImplementedError) as error:
        raise ValueError(
            f"{header.path}: transformers cannot load its tensors ({_line(error)}); take the model's safetensors"
        ) from None
    if missing := sorted(info["missing_keys"]):
        raise ValueError(f"{header.path}: has no {missing[0]} ({len(missing)} tensors are missing); download it again")
    end_of_turn = header.metadata.get("tokenizer.ggml.eot_token_id", config.eos_token_id)
    if end_of_turn != config.eos_token_id:
        model.generation_config.eos_token_id = [config.eos_token_id, end_of_turn]
    return model


def require_round_trip(source: Path, tokenizer: Any, texts: Sequence[str]) -> None:
    """Raise a ValueError if more than a few texts come back from the tokenizer changed."""
    changed = changed_texts(tokenizer, texts, text_tokens(tokenizer, texts))
    if len(changed) > MAX_CHANGED * len(texts):
        text, back = changed[0]
        raise ValueError(
            f"{source}: its tokenizer changes {len(changed)} of {len(texts)} texts: {text!r} comes back as {back!r}; "
            f"take a model for these languages, or its safetensors"
        )


def require_sense(source: Path, model: Any, tokenizer: Any, texts: Sequence[str]) -> None:
    """Raise a ValueError if the model does not read texts as it was trained to.

    Texts must be likelier than their own words in another order, else tokenizer or weights are wrong altogether. They
    must be no less likely than when cut into the fewest tokens of the same vocabulary: the cuts of the training are
    the likeliest, so that a BPE with other merges or scores of another kind is found, whose texts come back unchanged.
    """
    chosen = [text[:MAX_CHARACTERS] for text in texts[:: -(-len(texts) // NUM_TEXTS)]]
    other_order = shuffle_words(chosen)
    start = prompt_start(tokenizer)
    nats, count = _loss(model, start, text_tokens(tokenizer, chosen), "check")
    shuffled_nats, shuffled_count = _loss(model, start, text_tokens(tokenizer, other_order), "check, shuffled words")
    fewest_nats, fewest_count = _loss(model, start, fewest_tokens(tokenizer, chosen), "check, fewest tokens")
    real, shuffled = nats / count, shuffled_nats / shuffled_count
    logger.info(
        "%s: %d texts: %.2f nats a token, %.2f with shuffled words; %.0f nats in %d tokens, %.0f in the fewest, %d",
        source, len(chosen), real, shuffled, nats, count, fewest_nats, fewest_count,
    )  # fmt: skip
    # Written so that NaN is refused.
    if not shuffled >= (1 + MIN_GAIN) * real:
        raise ValueError(
            f"{source}: the converted model finds texts ({real:.2f} nats a token) hardly more likely than their "
            f"shuffled words ({shuffled:.2f}): tokenizer or weights are wrong, or it does not know these languages; "
            f"take its safetensors"
        )
    if not nats <= (1 + MAX_EXCESS) * fewest_nats:
        raise ValueError(
            f"{source}: the converted model finds texts ({nats:.0f} nats) less likely than when they are cut into the "
            f"fewest tokens ({fewest_nats:.0f}): its tokenizer is not the one of its training; take its safetensors"
        )


def shuffle_words(texts: Sequence[str]) -> list[str]:
    """Return texts with their words in another order, the same in every run; characters, where words are few."""
    found = []
    for number, text in enumerate(texts):
        words, between = (text.split(), " ") if len(text.split()) >= MIN_WORDS else (list(text), "")
        random.Random(number).shuffle(words)
        found.append(between.join(words))
    return found


def _loss(model: Any, start: Tokens, encoded: Sequence[Tokens], label: str) -> tuple[float, int]:
    """Return the loss of texts in nats, and its number of tokens: all but a first one without context."""
    examples = [Example(str(n), [*start, *ids], len(start)) for n, ids in enumerate(encoded) if len([*start, *ids]) > 1]
    losses = dataset_losses(model.to(device()), examples, MAX_TOKENS, label)
    counts = [example.num_response_tokens for example in examples]
    return sum(losses[example.id] * count for example, count in zip(examples, counts, strict=True)), sum(counts)


def _card(header: Header, facts: dict[str, Any]) -> str:
    """Return a model card whose front matter has the licence."""
    matter = {key: header.metadata.get(f"general.{key.replace('_', '.')}") for key in LICENCE}
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in matter.items() if value]
    types = ", ".join(f"{count} {kind}" for kind, count in facts["tensors"].items())
    return "\n".join(
        [
            "---",
            *lines,
            "---",
            f"# {header.metadata.get('general.name') or header.path.stem}",
            "",
            f"Converted from `{facts['file']}` (GGUF, tensors: {types}; SHA-256 `{facts['sha256']}`): dequantised to "
            f"bfloat16. The model's own licence holds.",
            "",
        ]
    )


def _line(error: Exception) -> str:
    return (str(error) or repr(error)).splitlines()[0]


def _read_texts(path: Path) -> list[str]:
    texts = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not texts:
        raise ValueError(f"{path}: holds no texts; give one sentence per line")
    return texts


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.base.gguf", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, metavar="FILE", help="a GGUF file of a causal language model")
    parser.add_argument("out", type=Path, metavar="FOLDER", help="new folder, for base.model")
    parser.add_argument(
        "--texts", type=Path, metavar="FILE",
        help="sentences to check the result with, one per line, in the languages that you translate between",
    )  # fmt: skip
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    convert(arguments.source, arguments.out, _read_texts(arguments.texts) if arguments.texts else TEXTS)


if __name__ == "__main__":
    main()
