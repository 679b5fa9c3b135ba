"""Reward models: sequence classifiers with one output, the quality of an answer to a question."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification

from gdig.config import Prompt
from gdig.io.records import Pair
from gdig.lm.encoder import Encoded, Row, encode, in_batches, max_length
from gdig.lm.load import device, load_tokenizer, torch_dtype
from gdig.lm.prompt import encode_instructions, instruction, require_room


def load_reward_model(folder: Path, dtype: str = "float32") -> tuple[Any, Any]:
    """Load a reward model and its tokenizer from a local folder.

    Raises:
        ValueError: there are no safetensors; weights are missing (those of the head, if the model is not a classifier);
            there is more than one output.
    """
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        raise ValueError(
            f"{folder}: not a model folder; it needs config.json and *.safetensors (others can hold code). Where a "
            f"model is published in another format alone, load it once and `save_pretrained` it to a folder of your own"
        )
    model, info = AutoModelForSequenceClassification.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, dtype=torch_dtype(folder, dtype), output_loading_info=True
    )
    if info["missing_keys"]:
        raise ValueError(
            f"{folder}: no reward model: its weights lack {', '.join(sorted(info['missing_keys']))}; "
            f"reward_model.model takes a sequence classifier with one output"
        )
    if model.config.num_labels != 1:
        raise ValueError(
            f"{folder}: a classifier with {model.config.num_labels} outputs; reward_model.model takes one with one"
        )
    tokenizer = load_tokenizer(folder)
    # A decoder's head reads the last non-padding token, so the model's padding token must be that of the tokenizer.
    model.config.pad_token_id = tokenizer.pad_token_id
    return model.to(device()).eval(), tokenizer


def encode_answers(
    model: Any, tokenizer: Any, sources: Sequence[str], answers: Sequence[str], prompt: Prompt
) -> Encoded:
    """Tokenise (question, answer): the instruction with the source, and the translation.

    Where prompts are chats and the reward model has a chat template, answers stand in it; else question and answer
    stand as the tokenizer joins two texts, and the longer one is truncated.

    Raises:
        ValueError: a chat is longer than the model reads.
    """
    limit = max_length(model, tokenizer)
    if prompt.format == "chat" and tokenizer.chat_template:
        pairs = [Pair(f"of {source[:40]!r}", source, answer) for source, answer in zip(sources, answers, strict=True)]
        examples = encode_instructions(pairs, tokenizer, prompt)
        require_room(examples, limit)
        return Encoded([{"input_ids": example.tokens} for example in examples], 0)
    questions = [instruction(source, prompt) for source in sources]
    return encode(tokenizer, questions, answers, limit)


def rewards(model: Any, tokenizer: Any, rows: Sequence[Row], max_tokens: int) -> NDArray[np.float32]:
    """Return the reward of every row, as a column (N x 1).

    Raises:
        ValueError: a reward is not a number.
    """
    values_N1 = in_batches(lambda batch: model(**batch).logits, rows, tokenizer.pad_token_id, max_tokens, model.device)
    if not np.isfinite(values_N1).all():
        raise ValueError("the reward model gives a reward that is no number; lower reward_model.training.learning_rate")
    return values_N1
