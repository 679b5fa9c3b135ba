"""Train a reward model: the base model with a scalar head, trained to prefer a reference to a corruption of it.

Shapes: B pairs of a batch.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from transformers import AutoModelForSequenceClassification

from gdig.config import NOISE_KINDS, Noise, Prompt, RewardModel
from gdig.ingest.noise import plant
from gdig.io.order import shuffled
from gdig.io.records import CLEAN, Pair, select
from gdig.lm.batches import epochs
from gdig.lm.encoder import Row, pad_right
from gdig.lm.load import device, load_tokenizer
from gdig.lm.memory import enough_memory
from gdig.run.progress import track
from gdig.selectors.reward.model import encode_answers, rewards
from gdig.training.schedule import num_steps, rate_share

logger = logging.getLogger(__name__)
MAX_GRADIENT_NORM = 1.0
MAX_TOKENS = 4096
"""Maximum tokens of a padded batch of held-out texts."""


def preference_loss(better_B: torch.Tensor, worse_B: torch.Tensor) -> torch.Tensor:
    """Return the mean of -log sigmoid(r_better - r_worse): the Bradley-Terry preference loss."""
    return -F.logsigmoid(better_B - worse_B).mean()


def train_reward_model(
    base: Path, pairs: Sequence[Pair], settings: RewardModel, prompt: Prompt
) -> tuple[Any, Any, dict[str, Any]]:
    """Train on (reference, corruption) pairs made from `pairs`; num_held_out of them are kept for evaluation.

    Returns:
        model, tokenizer, and a record with the share of held-out references that are preferred
        to their corruption, for each kind of noise, whether it was trained on or not.

    Raises:
        ValueError: there are too few pairs, no visible corruption, too little memory, or the loss is not a number.
    """
    needed = settings.num_pairs + settings.num_held_out
    if len(pairs) < needed:
        raise ValueError(
            f"reward_model.num_pairs + num_held_out = {settings.num_pairs} + {settings.num_held_out}, but there are "
            f"{len(pairs)} pairs of base text that are not in the pool; lower them, or raise pool.num_base_text"
        )
    order = shuffled((pair.id for pair in pairs), settings.seed)
    held_out = select(pairs, order[: settings.num_held_out])
    torch.manual_seed(settings.seed)
    tokenizer = load_tokenizer(base)
    with _silenced(
        logging.getLogger("transformers.modeling_utils")
    ):  # it warns that the head is new, which is intended
        model = AutoModelForSequenceClassification.from_pretrained(
            base, num_labels=1, use_safetensors=True, local_files_only=True, dtype=torch.float32
        ).to(device())
    model.config.pad_token_id = tokenizer.pad_token_id
    model.config.use_cache = False

    def encoded(part: Sequence[Pair], kinds: Sequence[str]) -> tuple[list[Row], list[Row]]:
        found, kind_of = plant(part, Noise(rate=1.0, kinds=list(kinds), seed=settings.seed))
        # Skip targets that no kind changes.
        both = [(pair, bad) for pair, bad in zip(part, found, strict=True) if kind_of[pair.id] != CLEAN]
        sources = [pair.src for pair, _ in both]
        better = encode_answers(model, tokenizer, sources, [pair.trg for pair, _ in both], prompt)
        worse = encode_answers(model, tokenizer, sources, [bad.trg for _, bad in both], prompt)
        # Skip corruptions beyond the model's maximum length.
        seen = [both for both in zip(better.rows, worse.rows, strict=True) if both[0] != both[1]]
        if cut := len(better.rows) - len(seen):
            logger.info("reward model: skipped %d pairs whose corruption lies beyond the model's maximum length", cut)
        return [row for row, _ in seen], [row for _, row in seen]

    better, worse = encoded(select(pairs, order[settings.num_held_out : needed]), settings.corruptions)
    if not better:
        raise ValueError(
            f"reward_model.corruptions = {settings.corruptions} change no base text within what the model reads; take "
            f"others"
        )
    with enough_memory("reward_model.training.batch_size", settings.training.batch_size):
        losses = _train(model, tokenizer.pad_token_id, better, worse, settings)
    model.eval()
    accuracy = {kind: _accuracy(model, tokenizer, *encoded(held_out, [kind])) for kind in NOISE_KINDS}
    logger.info("reward model: preferred to its corruption: %s", _accuracy_text(accuracy, settings.corruptions))
    record = {
        "accuracy": accuracy,
        "corruptions": sorted(settings.corruptions),
        "losses": losses,
        "num_held_out": len(held_out),
        "num_pairs": len(better),
    }
    return model, tokenizer, record


def _train(
    model: Any, pad_token: int, better: Sequence[Row], worse: Sequence[Row], settings: RewardModel
) -> list[float]:
    """Train in place; return the mean loss per tenth of the steps."""
    training = settings.training
    total = num_steps(len(better), training)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_share(step, total, training))
    batches = epochs(len(better), training.batch_size, torch.Generator().manual_seed(settings.seed))
    model.train()
    losses: list[list[float]] = [[] for _ in range(10)]
    for step in track(range(total), total=total, label="reward model", unit="steps"):
        positions = next(batches)
        # One batch of both sides, which have similar lengths: half the calls.
        rows = [side[position] for side in (better, worse) for position in positions]
        inputs = {key: tensor.to(model.device) for key, tensor in pad_right(rows, pad_token).items()}
        loss = preference_loss(*model(**inputs).logits[:, 0].chunk(2))
        if not torch.isfinite(loss):
            raise ValueError(f"reward model: the loss is {loss.item()} at step {step}; lower its learning_rate")
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses[step * 10 // total].append(loss.item())
    return [sum(part) / len(part) for part in losses if part]


def _accuracy(model: Any, tokenizer: Any, better: Sequence[Row], worse: Sequence[Row]) -> float | None:
    if not better:
        return None
    margins = rewards(model, tokenizer, better, MAX_TOKENS) - rewards(model, tokenizer, worse, MAX_TOKENS)
    return float((margins > 0).mean())


@contextmanager
def _silenced(library: logging.Logger) -> Iterator[None]:
    def drop(record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING

    library.addFilter(drop)
    try:
        yield
    finally:
        library.removeFilter(drop)


def _accuracy_text(accuracy: Mapping[str, float | None], trained: Sequence[str]) -> str:
    return ", ".join(
        f"{kind} {'-' if share is None else f'{share:.3f}'}{'' if kind in trained else ' (not trained on)'}"
        for kind, share in accuracy.items()
    )
