"""Convert Baichuan 2 (7B) to the Llama format: `python -m gdig.base.baichuan IN OUT`.

The packed query, key and value matrix is split into three; the rows of the head, which Baichuan 2 normalises at every
forward pass, are normalised once. Logits are equal. One difference: in finetuning the head is not normalised after
every step. Weights are read tensor by tensor and written shard by shard, in their dtype.
"""

import argparse
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaTokenizer

from gdig.io.files import atomic_folder, read_json, write_json
from gdig.lm.load import load_tokenizer
from gdig.run.command import command
from gdig.run.progress import track

MAX_SHARD_BYTES = 4 * 2**30
SPACE = "\u2581"
"""The sentencepiece symbol for a space."""
NUM_LINES = 1000
PIECES_A_LINE = 20
HEADS_OF_13B = 40
VOCABULARY_OF_FIRST = 64_000
KEPT = "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "hidden_act", "vocab_size", \
    "max_position_embeddings", "rms_norm_eps", "initializer_range", "pad_token_id", "bos_token_id", \
    "eos_token_id", "tie_word_embeddings"  # fmt: skip
"""Configuration keys shared with Llama."""


def convert(source: Path, out: Path, max_shard_bytes: int = MAX_SHARD_BYTES) -> None:
    """Write the model folder `source` in the Llama format to `out`.

    Raises:
        ValueError: `source` is not a Baichuan 2 7B, or lacks files; `out` exists; the converted tokenizer differs from
            sentencepiece.
    """
    if out.exists():
        raise ValueError(f"{out} exists; name a new folder")
    config = _llama_config(source)
    with atomic_folder(out) as folder:
        config.dtype = _write_weights(source, folder, max_shard_bytes)
        config.save_pretrained(folder)
        _write_tokenizer(source, folder)
        for path in [path for pattern in ("LICENSE*", "*icense*", "README.md") for path in source.glob(pattern)]:
            shutil.copyfile(path, folder / path.name)


def _llama_config(source: Path) -> LlamaConfig:
    path = source / "config.json"
    values = read_json(path) if path.is_file() else {}
    if values.get("model_type") != "baichuan":
        raise ValueError(f"{path}: not the configuration of a Baichuan model")
    if values["vocab_size"] == VOCABULARY_OF_FIRST:
        raise ValueError(f"{path}: the first Baichuan, whose head is not scaled; only Baichuan 2 is converted")
    if values["num_attention_heads"] == HEADS_OF_13B or "max_position_embeddings" not in values:
        raise ValueError(f"{path}: the 13B uses ALiBi positions, which Llama does not have; only the 7B is converted")
    kept = {key: values[key] for key in KEPT if key in values}
    return LlamaConfig(**kept, num_key_value_heads=values["num_attention_heads"], attention_bias=False)


def _write_weights(source: Path, out: Path, max_shard_bytes: int) -> torch.dtype:
    """Write the converted tensors in shards with an index; return their dtype."""
    where: dict[str, int] = {}
    total, dtype = 0, torch.float32
    for number, shard in enumerate(_shards(source, max_shard_bytes), start=1):
        # The number of shards, which is part of their names, is not known yet.
        save_file(shard, out / f"part-{number}", metadata={"format": "pt"})
        where |= dict.fromkeys(shard, number)
        total += sum(tensor.nbytes for tensor in shard.values())
        dtype = next(iter(shard.values())).dtype
    count = max(where.values())
    names = {number: f"model-{number:05d}-of-{count:05d}.safetensors" for number in range(1, count + 1)}
    for number, name in names.items():
        (out / f"part-{number}").rename(out / name)
    weight_map = {tensor: names[number] for tensor, number in where.items()}
    write_json(out / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": weight_map})
    return dtype


def _shards(source: Path, max_bytes: int) -> Iterator[dict[str, torch.Tensor]]:
    shard: dict[str, torch.Tensor] = {}
    size = 0
    for name, packed in _tensors(source):
        for new_name, part in _converted(name, packed):
            # Tensors in one file must not share memory.
            tensor = part.clone(memory_format=torch.contiguous_format)
            if shard and size + tensor.nbytes > max_bytes:
                yield shard
                shard, size = {}, 0
            shard[new_name] = tensor
            size += tensor.nbytes
    yield shard


def _converted(name: str, tensor: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    if name.endswith("rotary_emb.inv_freq"):
        return  # Llama computes it
    if name.endswith("self_attn.W_pack.weight"):
        for part, rows in zip(("q_proj", "k_proj", "v_proj"), tensor.chunk(3), strict=True):
            yield name.replace("W_pack", part), rows
    elif name == "lm_head.weight":
        yield name, F.normalize(tensor.float()).to(tensor.dtype)
    else:
        yield name, tensor


def _tensors(source: Path) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield every tensor of the checkpoint, in the order of names within each file."""
    files = sorted(source.glob("model*.safetensors")) or sorted(source.glob("pytorch_model*.bin"))
    if not files:
        raise ValueError(f"{source}: holds no model*.safetensors and no pytorch_model*.bin")
    for index in source.glob("*.index.json"):
        wanted = set(read_json(index)["weight_map"].values())
        if index.name.startswith(files[0].name[:5]) and (missing := sorted(wanted - {path.name for path in files})):
            raise ValueError(f"{source}: {missing[0]} is missing, which {index.name} names; download it again")
    for path in track(files, total=len(files), label="converting", unit="files"):
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as file:
                yield from ((name, file.get_tensor(name)) for name in sorted(file.keys()))
        else:
            # Load only tensors from pickles, never code; memory-mapped, so that they are read one by one.
            weights = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            yield from sorted(weights.items())


def _write_tokenizer(source: Path, out: Path) -> None:
    """Write the tokenizer in the Llama format, and compare it with sentencepiece."""
    from sentencepiece import SentencePieceProcessor

    path = source / "tokenizer.model"
    if not path.is_file():
        raise ValueError(f"{source}: has no tokenizer.model")
    pieces = SentencePieceProcessor(model_file=str(path))
    given: dict[str, Any] = {}
    if (source / "tokenizer_config.json").is_file():
        given = json.loads((source / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings = {
        "unk_token": pieces.id_to_piece(pieces.unk_id()),
        "bos_token": pieces.id_to_piece(pieces.bos_id()),
        "eos_token": pieces.id_to_piece(pieces.eos_id()),
        "add_bos_token": given.get("add_bos_token", False),
        "add_eos_token": False,
        "add_prefix_space": pieces.id_to_piece(pieces.encode("a")[0]).startswith(SPACE),
        "legacy": True,
        "clean_up_tokenization_spaces": False,
        "model_max_length": given.get("model_max_length", 4096),
    }
    shutil.copyfile(path, out / path.name)
    LlamaTokenizer.from_pretrained(out, **settings).save_pretrained(out)
    tokenizer = load_tokenizer(out)
    for line in _lines(pieces):
        expected = pieces.encode(line)
        found = tokenizer(line, add_special_tokens=False).input_ids
        if found != expected:
            raise ValueError(f"{path}: the converted tokenizer gives {found} for {line!r}, sentencepiece {expected}")


def _lines(pieces: Any) -> Iterator[str]:
    """Yield texts of randomly mixed vocabulary pieces, to cover every script of the tokenizer."""
    generator = random.Random(0)
    usual = [i for i in range(len(pieces)) if not (pieces.is_control(i) or pieces.is_unknown(i) or pieces.is_byte(i))]
    for _ in range(NUM_LINES):
        yield pieces.decode(generator.choices(usual, k=PIECES_A_LINE))


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.base.baichuan", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, metavar="IN", help="folder of Baichuan2-7B-Base or -Chat")
    parser.add_argument("out", type=Path, metavar="OUT", help="new folder")
    arguments = parser.parse_args()
    convert(arguments.source, arguments.out)


if __name__ == "__main__":
    main()
