"""One trial: finetune, measure, translate, and keep losses and translations alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gdig.config import Prompt, Training, Translate
from gdig.io.records import Pair
from gdig.lm.load import load_model, save
from gdig.lm.loss import dataset_losses, mean_token_loss
from gdig.lm.prompt import Example, encode_instructions
from gdig.training.run import train
from gdig.translate.run import translate


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all trials of a profile have in common."""

    base: Path
    """Model that each begins from."""
    tokenizer: Any
    prompt: Prompt
    training: Training
    translate: Translate
    held_out: Mapping[str, Sequence[Example]]
    """Examples whose mean loss is measured, by the loss's name."""
    max_tokens: int
    """Of a padded batch when losses are measured."""
    segments: Sequence[Pair]
    """What is translated."""


def trial(setting: Setting, pairs: Sequence[Pair], seed: int, label: str, scratch: Path) -> dict[str, Any]:
    """Return what came of finetuning the base model on some pairs.

    The weights are those after the last step: none are chosen by validation loss.

    Args:
        setting: of all trials.
        pairs: to train on.
        seed: of batches.
        label: for progress and messages.
        scratch: folder in which the weights stand while they translate.

    Returns:
        `num_pairs`; `num_tokens`, of all responses; each loss of `setting.held_out`, mean over response tokens in nats;
        `hypotheses`, the translation of each segment by its id.

    Raises:
        ValueError: as `train`, `dataset_losses` and `translate`.
    """
    examples = encode_instructions(pairs, setting.tokenizer, setting.prompt)
    model = load_model(setting.base)
    train(model, examples, setting.training, seed, label)
    losses = {
        name: mean_token_loss(dataset_losses(model, held_out, setting.max_tokens, f"{label}, {name}"), held_out)
        for name, held_out in setting.held_out.items()
    }
    # A translation takes a folder: other backends convert it.
    with TemporaryDirectory(dir=scratch) as folder:
        checkpoint = Path(folder) / "model"
        save(checkpoint, model, setting.tokenizer)
        del model
        journal = Path(folder) / "journal.jsonl"
        texts = translate(
            checkpoint, setting.segments, setting.prompt, setting.translate, journal, f"{label}, segments"
        )
    return {
        "num_pairs": len(examples),
        "num_tokens": sum(example.num_response_tokens for example in examples),
        **losses,
        "hypotheses": {pair.id: texts[pair.id] for pair in setting.segments},
    }
