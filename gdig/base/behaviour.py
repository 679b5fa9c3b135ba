"""Load a model and run it on a few tokens: what every pass relies on holds, or the model is refused in one line.

Shapes: B texts, T tokens, V vocabulary.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, GenerationConfig

from gdig.io.tokens import Tokens
from gdig.lm.head import head_reads
from gdig.lm.memory import first_line, is_oom

TOLERANCE = 1e-3
"""Largest difference of logits that are to be equal, as a share of the largest logit; float32 differs by about 1e-5."""
LENGTH = 16
"""Tokens of the longer text; the other one has half of them."""


def check_behaviour(folder: Path, tokens: Tokens) -> None:
    """Load the model of a folder in float32 and hold what losses, gradients, training and translation rely on.

    It runs on the CPU: a GPU that trains adapters or a part of the weights may not hold all of them in float32.

    No token sees what follows it (training masks nothing). Padding, right of a text or left of a prompt, changes
    nothing. Logits come of a head that is a module, which is handed some positions only.

    Args:
        folder: that `check_checkpoint` has seen.
        tokens: of texts, a few are taken.

    Raises:
        ValueError: weights are missing or of another shape, transformers cannot run the model, or one of these does
            not hold.
    """
    model = _loaded(folder)
    try:
        with torch.inference_mode():
            _check(model, tokens)
    except ValueError as error:
        raise ValueError(f"{folder}: {first_line(error)}") from error
    except Exception as error:  # each architecture raises its own errors
        _refuse_memory(folder, error)
        raise ValueError(
            f"{folder}: transformers {transformers.__version__} cannot run a {type(model).__name__} on texts alone "
            f"({first_line(error)}); take a model of another architecture"
        ) from error


def _loaded(folder: Path) -> Any:
    try:
        model, info = AutoModelForCausalLM.from_pretrained(
            folder,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
        )
    except Exception as error:  # each architecture raises its own errors
        _refuse_memory(folder, error)
        raise ValueError(f"{folder}: transformers cannot load it ({first_line(error)})") from error
    # Where a tensor that others are tied to is missing, they are too.
    if missing := sorted(set(info["missing_keys"]) - model.all_tied_weights_keys.keys()):
        raise ValueError(
            f"{folder}: {len(missing)} tensors of a {type(model).__name__} are missing, {missing[0]} first; the "
            f"weights are not those of config.json, or files are missing"
        )
    if mismatched := sorted(info["mismatched_keys"]):
        name, found, expected = mismatched[0]
        raise ValueError(
            f"{folder}: {name} has shape {tuple(found)}, but config.json says {tuple(expected)}; they are not of one "
            f"model"
        )
    return model.eval()


def _refuse_memory(folder: Path, error: Exception) -> None:
    if is_oom(error):
        raise ValueError(
            f"{folder}: the host's memory does not hold its weights in float32, in which it is checked and finetuned "
            f"({first_line(error)}); take a machine with more, or a smaller model"
        ) from error


def _check(model: Any, tokens: Tokens) -> None:
    long = tokens[:LENGTH]
    half = len(long) // 2
    short, others = long[::-1][:half], [long[0]] * (len(long) - half)
    kind = type(model).__name__
    whole_BTV = _logits(model, [long])
    if whole_BTV.shape[:-1] != (1, len(long)):
        raise ValueError(f"the logits of a {kind} are not one row a token; take a causal language model")
    if not bool(torch.isfinite(whole_BTV).all()):
        raise ValueError(f"a {kind} gives logits that are no number, in float32, on {len(long)} tokens")
    if not _equal(_logits(model, [long[:half] + others])[0, :half], whole_BTV[0, :half]):
        raise ValueError(
            f"the logits of a {kind} change with the tokens that follow: it is no causal language model (BERT's kind "
            f"is one with is_decoder in config.json)"
        )
    if not _equal(_logits(model, [long, short])[1, :half], _logits(model, [short])[0]):
        raise ValueError(f"the logits of a {kind} change with padding behind the text, so that batches change losses")
    _check_head(model, long, whole_BTV[0])
    _check_translation(model, long, short)


def _logits(model: Any, rows: Sequence[Tokens]) -> torch.Tensor:
    tokens_BT, mask_BT = (part.to(model.device) for part in _padded(rows, left=False))
    logits: torch.Tensor = model(input_ids=tokens_BT, attention_mask=mask_BT, use_cache=False).logits
    return logits


def _check_head(model: Any, tokens: Tokens, expected_TV: torch.Tensor) -> None:
    kind, head = type(model).__name__, model.get_output_embeddings()
    if head is None:
        raise ValueError(f"a {kind} names no head (get_output_embeddings), which training and losses need")
    odd_R = torch.arange(1, len(tokens), 2, device=expected_TV.device)
    read: list[int] = []

    def select(hidden_BTD: torch.Tensor) -> torch.Tensor:
        read.append(hidden_BTD.dim())
        return hidden_BTD.flatten(0, -2)[odd_R]

    try:
        with head_reads(head, select):
            found_RV = _logits(model, [tokens])
    except RuntimeError as error:  # what is behind it wants all positions
        if is_oom(error):
            raise
        found_RV = expected_TV[:0]
    if read != [3] or not _equal(found_RV, expected_TV[odd_R]):
        raise ValueError(f"a {kind} does not make its logits of its head's output, token by token, which losses need")


def _check_translation(model: Any, long: Tokens, short: Tokens) -> None:
    """Hold greedy decoding with a cache, alone and in a batch padded on the left, against whole passes."""
    kind = type(model).__name__
    model.generation_config = GenerationConfig()  # as translation does
    generation = GenerationConfig(
        max_new_tokens=2, do_sample=False, pad_token_id=long[0], output_logits=True, return_dict_in_generate=True
    )

    def decode(rows: Sequence[Tokens]) -> tuple[Tokens, torch.Tensor]:
        tokens_BT, mask_BT = _padded(rows, left=True)
        found = model.generate(
            input_ids=tokens_BT.to(model.device),
            attention_mask=mask_BT.to(model.device),
            generation_config=generation,
        )
        chosen: Tokens = found.sequences[-1, -2:].tolist()
        return chosen, torch.stack([logits_BV[-1] for logits_BV in found.logits])

    chosen, alone_2V = decode([short])
    whole_TV = _logits(model, [short + chosen])[0]
    if not _equal(alone_2V, whole_TV[len(short) - 1 : len(short) + 1]):
        raise ValueError(f"a {kind} decodes other logits token by token than in one pass; translations would be wrong")
    padded, padded_2V = decode([long, short])
    # Of two tokens of equal logits either may be chosen, and what follows differs.
    if not _equal(padded_2V[: 1 + (padded[0] == chosen[0])], alone_2V[: 1 + (padded[0] == chosen[0])]):
        raise ValueError(f"a {kind} decodes other logits where its prompt is padded; translations would be wrong")


def _padded(rows: Sequence[Tokens], *, left: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens_BT and mask_BT."""
    width = max(map(len, rows))
    fill = [[rows[0][0]] * (width - len(row)) for row in rows]
    tokens = [(empty + row) if left else (row + empty) for row, empty in zip(rows, fill, strict=True)]
    masks = [
        [0] * len(empty) + [1] * len(row) if left else [1] * len(row) + [0] * len(empty)
        for row, empty in zip(rows, fill, strict=True)
    ]
    return torch.tensor(tokens), torch.tensor(masks)


def _equal(found: torch.Tensor, expected: torch.Tensor) -> bool:
    if found.shape != expected.shape:
        return False
    return bool((found - expected).abs().max() <= TOLERANCE * expected.abs().max())
