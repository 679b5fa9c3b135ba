"""Settings, a tokenizer and a run of toy models."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from gdig.config import Lora, Memory, Training
from gdig.training.run import train_to
from gdig.training.trainer import Evaluation
from tests.conftest import toy_examples, toy_model


def settings(**changes) -> Training:
    values = {
        "learning_rate": 0.01, "batch_size": 4, "epochs": 3.0, "min_steps": 0, "warmup_share": 0.1,
        "schedule": "linear", "weight_decay": 0.0,
    }  # fmt: skip
    return Training(**(values | changes))


def memory(**changes) -> Memory:
    values = {"dtype": "float32", "per_device_batch_size": None, "gradient_checkpointing": False, "lora": None}
    return Memory(**(values | changes))


def lora(**changes) -> Lora:
    return Lora(**({"rank": 2, "alpha": 4.0, "dropout": 0.0, "targets": ["q_proj", "down_proj"]} | changes))


def tokenizer() -> PreTrainedTokenizerFast:
    made = Tokenizer(models.WordLevel({f"w{number}": number for number in range(23)}, unk_token="w0"))
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="w0", pad_token="w0")


def evaluation(every: int = 2) -> Evaluation:
    return Evaluation(
        every=every, max_tokens=40, valid=toy_examples(7, seed=8), others={"seed_loss": toy_examples(5, 9)}
    )


def run(out: Path, *, model=None, how=None, seed=1, evaluated=None, resume_steps=None, **changes) -> None:
    """Train a toy model on 10 examples to a folder."""
    model = model or toy_model(dtype=torch.float32)
    train_to(
        out, model, tokenizer(), toy_examples(10), settings(**changes), how or memory(), seed, "toy",
        evaluation=evaluated, resume_steps=resume_steps,
    )  # fmt: skip
