import hashlib
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers.processors import TemplateProcessing
from transformers import GPT2Config, GPT2LMHeadModel, T5Config

from gdig.base.pretrained import copy_pretrained
from gdig.base.scratch import train_tokenizer
from gdig.config import parse_params
from gdig.io.records import Pair
from gdig.lm.load import load_model, load_tokenizer, save
from tests.conftest import toy_model

PAIRS = [Pair("a", "Der Hund schläft.", "The dog sleeps."), Pair("b", "Ja!", "Yes!")]
TEXTS = [text for pair in PAIRS for text in (pair.src, pair.trg)]
CARD = "---\nlicense: apache-2.0\nlanguage: [de]\n---\n# A model\n"


@pytest.fixture(scope="module")
def whole(params, tmp_path_factory):
    """A model in three shards of half precision, with files that do not belong to it."""
    folder = tmp_path_factory.mktemp("whole") / "tiny-llama"
    tokenizer = train_tokenizer(PAIRS, params.base.scratch.model_copy(update={"vocab_size": 300}), params.prompt)
    model = toy_model(dtype=torch.bfloat16)
    model.resize_token_embeddings(len(tokenizer))
    save(folder, model, tokenizer)
    shutil.rmtree(folder)
    model.save_pretrained(folder, max_shard_size="3KB")
    tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(CARD)
    (folder / "LICENSE").write_text("Apache")
    (folder / "Community License of tiny.pdf").write_bytes(b"terms")
    (folder / "modeling.py").write_text("raise SystemExit")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "tiny-llama")


@pytest.fixture
def copied(params, tmp_path):
    def copy(folder, texts=TEXTS, prompt=params.prompt):
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        base = params.base.model_copy(update={"model": str(folder)})
        return out, copy_pretrained(base, prompt, texts, out)

    return copy


def test_files_are_copied_as_they_are_and_recorded(folder, copied):
    out, record = copied(folder)
    names = {path.name for path in folder.iterdir()} - {"modeling.py", "pytorch_model.bin"}
    assert {path.name for path in out.iterdir()} == names
    assert sum(name.endswith(".safetensors") for name in names) >= 3
    for name in names:
        assert (out / name).read_bytes() == (folder / name).read_bytes()
        assert record["files"][name] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert record["files"].keys() == names
    model = load_model(out)
    assert record | {"files": {}} == {
        "model": "tiny-llama",
        "revision": None,
        "licence": "apache-2.0",
        "num_parameters": model.num_parameters(),
        "dtype": "bfloat16",
        "files": {},
        "tokenizer": {
            "bos": None,
            "eos": "<|endoftext|>",
            "adds_in_front": [],
            "adds_behind": [],
            "prompts_begin_with": [],
            "num_texts": 4,
            "num_changed": 0,
            "num_with_unknown": 0,
            "has_chat_template": False,
            "chat_prompt": None,
            "chat_end": None,
        },
    }


@pytest.mark.parametrize(
    ("card", "file", "licence"),
    [
        ("---\nlicense: other\nlicense_name: baichuan\n---\n", True, "baichuan"),
        ("---\nlicense: other\n---\n", True, "file LICENSE"),
        ("# No front matter\n---\nlicense: mit\n---\n", True, "file LICENSE"),
        ("---\nlicense: [\n---\n", False, None),
        (None, False, None),
    ],
)
def test_the_licence_is_that_of_the_card_or_a_file(folder, copied, card, file, licence):
    if card is None:
        (folder / "README.md").unlink()
    else:
        (folder / "README.md").write_text(card)
    if not file:
        (folder / "LICENSE").unlink()
    assert copied(folder)[1]["licence"] == licence


def test_a_head_that_is_left_out_of_names_and_a_tied_one_are_no_fault(whole, copied, tmp_path):
    """GPT-2's checkpoints are so."""
    tokenizer = load_tokenizer(whole)
    config = GPT2Config(vocab_size=len(tokenizer), n_positions=32, n_embd=8, n_layer=2, n_head=2)
    save(tmp_path / "gpt2", GPT2LMHeadModel(config), tokenizer)
    path = tmp_path / "gpt2" / "model.safetensors"
    weights = {name.removeprefix("transformer."): tensor for name, tensor in load_file(path).items()}
    assert "lm_head.weight" not in weights
    save_file(weights, path, metadata={"format": "pt"})
    assert copied(tmp_path / "gpt2")[1]["dtype"] == "float32"


def test_tensors_that_the_model_does_not_have_may_be_of_any_dtype(folder, copied):
    """Older files of GPT-NeoX hold its masks."""
    path = first_weights(folder)
    save_file(load_file(path) | {"model.layers.0.attention.bias": torch.ones(2, dtype=torch.bool)}, path)
    assert copied(folder)[1]["dtype"] == "bfloat16"


CHAT = (
    "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def with_template(folder, template, *, in_config=False):
    """Give the folder's tokenizer a template: a file of its own or, as older models have it, a key."""
    tokenizer = load_tokenizer(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|user|>", "<|assistant|>", "<|end|>"]})
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder, save_jinja_files=not in_config)
    assert (folder / "chat_template.jinja").is_file() != in_config


def resized(folder):
    model = load_model(folder, "bfloat16")
    model.resize_token_embeddings(len(load_tokenizer(folder)), mean_resizing=False)
    without_index(folder)
    model.save_pretrained(folder)


@pytest.mark.parametrize("in_config", [False, True])
def test_a_chat_template_is_copied_and_recorded(folder, copied, params, in_config):
    with_template(folder, CHAT, in_config=in_config)
    resized(folder)
    out, record = copied(folder)
    assert load_tokenizer(out).chat_template == CHAT
    assert ("chat_template.jinja" in record["files"]) != in_config
    found = record["tokenizer"]
    assert (found["has_chat_template"], found["chat_prompt"], found["chat_end"]) == (True, None, None)
    found = copied(folder, prompt=params.prompt.model_copy(update={"format": "chat"}))[1]["tokenizer"]
    shown = '<|user|>Translate the following text into English.\n\nText:\n"{src_text}"<|end|>\n<|assistant|>'
    assert (found["chat_prompt"], found["chat_end"]) == (shown, "<|end|>")


def test_a_chat_needs_a_template_and_its_tokens(folder, copied, params):
    chat = params.prompt.model_copy(update={"format": "chat"})
    with pytest.raises(ValueError, match=r"tiny-llama: prompt.format = 'chat', but the model has no chat template"):
        copied(folder, prompt=chat)
    with_template(folder, CHAT)
    copied(folder)  # nothing uses its tokens
    with pytest.raises(ValueError, match=r"the tokenizer's '<\|user\|>' is token \d+, but the model embeds tokens up"):
        copied(folder, prompt=chat)
    with_template(folder, "{{ strftime_now('%Y') }}" + CHAT)
    with pytest.raises(ValueError, match=r"tiny-llama: the chat template puts today's date into the prompt"):
        copied(folder, prompt=chat)


def configured(folder, **changes):
    path = folder / "config.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in (values | changes).items() if value is not None}))


def first_weights(folder):
    return sorted(folder.glob("*.safetensors"))[0]


def without_index(folder):
    for path in [*folder.glob("*.safetensors"), folder / "model.safetensors.index.json"]:
        path.unlink()


def in_double(folder):
    path = first_weights(folder)
    save_file({name: tensor.double() for name, tensor in load_file(path).items()}, path)


def cut(folder):
    path = first_weights(folder)
    path.write_bytes(path.read_bytes()[:-10])


def less_one_tensor(folder):
    path = first_weights(folder)
    weights = load_file(path)
    weights.pop(sorted(weights)[0])
    save_file(weights, path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "there is no folder"),
        (lambda folder: (folder / "config.json").unlink(), "not a model folder; it has no config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json: not JSON"),
        (
            lambda folder: configured(folder, model_type="baichuan"),
            r"python -m gdig.base.baichuan .*tiny-llama <folder>",
        ),
        (
            lambda folder: configured(folder, model_type="magic", auto_map={"AutoConfig": "c.C"}),
            r"does not know model_type 'magic'; its own code \(auto_map\) is not run",
        ),
        (lambda folder: (folder / "config.json").write_text(T5Config().to_json_string()), "no causal language model"),
        (lambda folder: configured(folder, quantization_config={"quant_method": "gptq"}), "the model is quantised"),
        (lambda folder: first_weights(folder).unlink(), "is missing .1 of . files of weights."),
        (without_index, r"weights are \*.bin, pickles that may run code; .* safe_serialization=True"),
        (in_double, "is of dtype F64, which is not supported; save the model in float32, bfloat16, float16"),
        (cut, "damaged or cut safetensors"),
        (less_one_tensor, "1 tensors of a LlamaForCausalLM are missing, model"),
        (lambda folder: configured(folder, hidden_size=16), r"has shape .*, but config.json says"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "its tokenizer cannot be loaded"),
        (
            lambda folder: (folder / "tokenizer_config.json").write_text(
                '{"tokenizer_class": "PreTrainedTokenizerFast"}'
            ),
            "the tokenizer's EOS is None",
        ),
    ],
)
def test_what_the_stages_could_not_load_is_refused(folder, copied, damage, message):
    damage(folder)
    with pytest.raises(ValueError, match=message):
        copied(folder)


def test_a_model_and_its_revision_agree(params):
    values = params.model_dump()

    def with_base(**changes):
        return parse_params(values | {"base": values["base"] | changes}, "params.yaml")

    assert with_base(model="org/tiny-1.5", revision="0" * 40).base.revision
    for model in ("scratch", "/models/tiny", "../tiny", "a/b/c"):
        assert with_base(model=model, revision=None)
        with pytest.raises(ValueError, match=f"revision is the commit of a model of the hub, but model = {model!r}"):
            with_base(model=model, revision="0" * 40)
    with pytest.raises(ValueError, match="base.revision = 'main'"):
        with_base(model="org/tiny", revision="main")


def test_unsupported_precision_is_reported(folder):
    with pytest.raises(ValueError, match="dtype = 'float16' is not supported; use float32 or bfloat16"):
        load_model(folder, "float16")


def with_tokens(folder, **special):
    """Give the tokenizer of a folder tokens that the model does not embed."""
    tokenizer = load_tokenizer(folder)
    for name, token in special.items():
        if name == "word":
            tokenizer.add_tokens([token])
        else:
            tokenizer.add_special_tokens({name: token})
    tokenizer.save_pretrained(folder)
    return len(tokenizer)


@pytest.mark.parametrize(
    ("special", "token"),
    [({"word": "<de>"}, "<de>"), ({"eos_token": "<|end|>"}, "<|end|>"), ({"word": "Hund"}, "Hund")],
)
def test_a_token_that_a_text_may_have_and_the_model_does_not_embed_is_refused(folder, copied, special, token):
    size = with_tokens(folder, **special)
    with pytest.raises(ValueError, match=rf"tiny-llama: the tokenizer's '{token}' is token {size - 1}, but the model"):
        copied(folder)


def test_special_tokens_that_nothing_uses_may_be_beyond_the_embeddings_and_padding_is_eos_then(folder, copied):
    """As of Llama with an added [PAD]."""
    with_tokens(folder, pad_token="[PAD]", additional_special_tokens=["<|user|>"])
    out, _ = copied(folder)
    tokenizer, model = load_tokenizer(out), load_model(out)
    assert tokenizer.pad_token_id == tokenizer.eos_token_id < model.config.vocab_size


def test_what_the_tokenizer_adds_is_recorded(folder, copied):
    tokenizer = load_tokenizer(folder)
    eos = tokenizer.eos_token
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"$A {eos}", special_tokens=[(eos, tokenizer.eos_token_id)]
    )
    tokenizer.save_pretrained(folder)
    _, record = copied(folder)
    assert record["tokenizer"]["adds_behind"] == [eos]
    assert record["tokenizer"]["adds_in_front"] == record["tokenizer"]["prompts_begin_with"] == []
