"""Sentences a second that `translate` decodes in batches, against one sentence at a time on the same core.

    python -m benchmarks.translate
    python -m benchmarks.translate --model FOLDER --beams 4 --backends transformers ctranslate2

Without a model, a random Llama of 8 million parameters translates sentences of the grammar; it has not learnt to end,
so that each is decoded to its limit. In every round both ways translate all sentences, one way after the other; one
JSON line a backend and beam width gives the medians over rounds and their ratio. Seconds are those of the processor, on
one thread; loading is not counted.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from gdig.base.scratch import train_tokenizer
from gdig.config import Params, load_params
from gdig.ingest.grammar.families import FAMILIES
from gdig.io.records import Pair
from gdig.lm.load import load_tokenizer, save
from gdig.lm.prompt import end_tokens
from gdig.run.command import command
from gdig.translate.prompts import Task, batches_of, tasks_of
from gdig.translate.run import Decode, decoder

PROFILE = Path(__file__).parent.parent / "params.yaml"


@command
def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.translate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a model folder")
    parser.add_argument("--sentences", type=int, default=48)
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--backends", nargs="+", default=["transformers"])
    parser.add_argument("--max-tokens", type=int, default=8192, help="tokens of a padded batch of prompts")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    params = load_params(PROFILE)
    rng = Random(1)
    families = list(FAMILIES.values())
    pairs = [Pair(f"{n}", *rng.choice(families)(rng)) for n in range(options.sentences)]
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or random_llama(Path(folder) / "model", pairs, params)
        for backend in options.backends:
            for beams in options.beams:
                settings = params.translate.model_copy(update={"backend": backend, "num_beams": beams})
                tokenizer = load_tokenizer(model)
                tasks = tasks_of(pairs, tokenizer, params.prompt, settings)
                ends = end_tokens(tokenizer, params.prompt)
                decode = decoder(model, tokenizer, settings, ends, Path(folder) / f"{backend}-{beams}")
                row = measure(decode, tasks, options.max_tokens, options.rounds)
                print(json.dumps({"backend": backend, "beams": beams} | row), flush=True)


def random_llama(folder: Path, pairs: list[Pair], params: Params) -> Path:
    """Write a model folder; the tokenizer is trained on the pairs."""
    tokenizer = train_tokenizer(pairs, params.base.scratch.model_copy(update={"vocab_size": 2000}), params.prompt)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=256, intermediate_size=1024, num_hidden_layers=8, num_attention_heads=8,
        tie_word_embeddings=True, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    save(folder, LlamaForCausalLM(config), tokenizer)
    return folder


def measure(decode: Decode, tasks: list[Task], max_tokens: int, rounds: int) -> dict[str, Any]:
    """Return seconds and rates of both ways."""
    ways = {"one_at_a_time": [[task] for task in tasks], "batched": batches_of(tasks, max_tokens)}
    decode(tasks[:2])
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, batches in ways.items():
            start = time.process_time()
            for batch in batches:
                decode(batch)
            seconds[way].append(time.process_time() - start)
    median = {way: statistics.median(found) for way, found in seconds.items()}
    rates = {f"{way}_sentences_a_second": round(len(tasks) / median[way], 2) for way in ways}
    return rates | {
        "ratio": round(median["one_at_a_time"] / median["batched"], 2),
        "ratios": [round(one / many, 2) for one, many in zip(*seconds.values(), strict=True)],
        "sentences": len(tasks),
        "batches": len(ways["batched"]),
    }


if __name__ == "__main__":
    main()
