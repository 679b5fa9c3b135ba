"""A small Baichuan 2 written from its description, saved as its checkpoints are, against its conversion."""

import json
import math
import subprocess
import sys

import pytest
import sentencepiece
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from gdig.base.baichuan import convert
from gdig.lm.load import load_model, load_tokenizer
from tests.conftest import ROOT

CONFIG = {
    "architectures": ["BaichuanForCausalLM"],
    "auto_map": {"AutoConfig": "configuration_baichuan.BaichuanConfig"},
    "model_type": "baichuan",
    "vocab_size": 320, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "hidden_act": "silu", "initializer_range": 0.02, "max_position_embeddings": 64, "model_max_length": 64,
    "rms_norm_eps": 1e-6, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": False,
    "torch_dtype": "bfloat16", "use_cache": True, "z_loss_weight": 0,
}  # fmt: skip
D, HEADS = CONFIG["hidden_size"], CONFIG["num_attention_heads"]
TEXTS = [
    "Der Hund schläft im Garten.", "The dog sleeps in the garden.", "Wir sehen uns morgen um 10:30 Uhr.",
    "See you tomorrow at 10:30!", "你好，世界。今天的天气很好。", "我们明天在图书馆见面。", "“Zitat” – und so weiter…",
]  # fmt: skip


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(1 + 0.1 * torch.randn(D))

    def forward(self, x):
        return self.weight * x / (x.pow(2).mean(-1, keepdim=True) + CONFIG["rms_norm_eps"]).sqrt()


def rotate(x):
    """Rotary angles on halves: channel i turns with channel i + d/2."""
    length, width = x.shape[-2:]
    rates = 10_000.0 ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(length)[:, None] * rates
    one, two = x.chunk(2, dim=-1)
    return torch.cat([one * angles.cos() - two * angles.sin(), two * angles.cos() + one * angles.sin()], dim=-1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.W_pack = nn.Linear(D, 3 * D, bias=False)
        self.o_proj = nn.Linear(D, D, bias=False)

    def forward(self, x):
        batch, length, _ = x.shape
        q, k, v = (
            part.view(batch, length, HEADS, D // HEADS).transpose(1, 2) for part in self.W_pack(x).split(D, dim=-1)
        )
        scores = rotate(q) @ rotate(k).transpose(-1, -2) / math.sqrt(D // HEADS)
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(future, -math.inf).softmax(-1) @ v
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, length, D))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        inner = CONFIG["intermediate_size"]
        self.gate_proj, self.up_proj = nn.Linear(D, inner, bias=False), nn.Linear(D, inner, bias=False)
        self.down_proj = nn.Linear(inner, D, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn, self.mlp = Attention(), Mlp()
        self.input_layernorm, self.post_attention_layernorm = Norm(), Norm()

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(CONFIG["vocab_size"], D)
        self.layers = nn.ModuleList([Block() for _ in range(CONFIG["num_hidden_layers"])])
        self.norm = Norm()


class Baichuan(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Body()
        self.lm_head = nn.Linear(D, CONFIG["vocab_size"], bias=False)

    def forward(self, tokens):
        x = self.model.embed_tokens(tokens)
        for block in self.model.layers:
            x = block(x)
        rows = self.lm_head.weight
        return self.model.norm(x) @ (rows / rows.norm(dim=1, keepdim=True)).T


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "texts").write_text("\n".join(TEXTS * 20), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "texts"), model_prefix=str(folder / "tokenizer"), vocab_size=CONFIG["vocab_size"],
        model_type="bpe", byte_fallback=True, add_dummy_prefix=False, remove_extra_whitespaces=False,
        normalization_rule_name="identity", character_coverage=1.0, minloglevel=2, hard_vocab_limit=False,
    )  # fmt: skip
    return folder / "tokenizer.model"


@pytest.fixture
def source(tmp_path, pieces):
    torch.manual_seed(0)
    model = Baichuan()
    with torch.no_grad():
        model.lm_head.weight.mul_(torch.rand(CONFIG["vocab_size"], 1) * 5 + 0.1)
    folder = tmp_path / "baichuan"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.model").write_bytes(pieces.read_bytes())
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BaichuanTokenizer", "add_bos_token": False, "model_max_length": 64})
    )
    (folder / "Community License.pdf").write_bytes(b"terms")
    weights = model.state_dict() | {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}
    torch.save(weights, folder / "pytorch_model.bin")
    return folder, model


@pytest.fixture
def tokens():
    return torch.randint(0, CONFIG["vocab_size"], (3, 17), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("max_shard_bytes", [10**9, 20_000])
def test_logits_are_equal(source, tokens, tmp_path, max_shard_bytes):
    folder, model = source
    convert(folder, tmp_path / "out", max_shard_bytes)
    llama = load_model(tmp_path / "out")
    with torch.no_grad():
        assert (llama(tokens).logits - model(tokens)).abs().max() < 1e-5
    shards = sorted((tmp_path / "out").glob("*.safetensors"))
    assert len(shards) == 1 if max_shard_bytes > 10**6 else len(shards) > 3
    for shard in shards:
        with safe_open(shard, framework="pt") as file:
            sizes = [file.get_tensor(name).nbytes for name in file.keys()]  # noqa: SIM118
        assert sum(sizes) <= max_shard_bytes or len(sizes) == 1
    assert (tmp_path / "out" / "Community License.pdf").read_bytes() == b"terms"


def test_safetensors_in_several_files_and_half_precision(source, tokens, tmp_path):
    folder, model = source
    weights = {name: tensor.to(torch.bfloat16) for name, tensor in model.state_dict().items()}
    (folder / "pytorch_model.bin").unlink()
    names = sorted(weights)
    parts = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, chosen in parts.items():
        save_file({name: weights[name].contiguous() for name in chosen}, folder / file)
    index = {"weight_map": {name: file for file, chosen in parts.items() for name in chosen}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    convert(folder, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "config.json").read_text())["dtype"] == "bfloat16"
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    llama = load_model(tmp_path / "out")
    with torch.no_grad():
        expected = model(tokens)
        # The head's rows are scaled, and then rounded as bfloat16 does.
        assert (llama(tokens).logits - expected).abs().max() < 2**-7 * expected.abs().max()
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ValueError, match=r"model-00002-of-00002.safetensors is missing, which model.safetensors.index"):
        convert(folder, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_tokens_are_those_of_sentencepiece(source, tmp_path, pieces):
    folder, _ = source
    convert(folder, tmp_path / "out")
    tokenizer = load_tokenizer(tmp_path / "out")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(pieces))
    for text in [*TEXTS, " two  spaces ", "unbekannt: ☃ Ωμέγα", "a\nb", "1.234,56"]:
        ids = tokenizer(text).input_ids
        assert ids == processor.encode(text)
        assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (1, 2, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "llama"}, "not the configuration of a Baichuan model"),
        ({"vocab_size": 64000}, "the first Baichuan, whose head is not scaled"),
        ({"num_attention_heads": 40}, "the 13B uses ALiBi positions"),
    ],
)
def test_other_models_are_refused(source, tmp_path, changes, message):
    folder, _ = source
    (folder / "config.json").write_text(json.dumps(CONFIG | changes))
    with pytest.raises(ValueError, match=message):
        convert(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_command_line(source, tmp_path):
    folder, _ = source
    command = [sys.executable, "-m", "gdig.base.baichuan", str(folder), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith(f"error: {tmp_path} exists; name a new folder\n")
