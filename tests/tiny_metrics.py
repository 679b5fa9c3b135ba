"""COMET and BLEURT checkpoints with random weights, of a third of a megabyte, that the real libraries load offline.

    .venv-metrics/bin/python -m tests.tiny_metrics comet FOLDER      # then score.comet.model: FOLDER
    .venv-metrics/bin/python -m tests.tiny_metrics comet_qe FOLDER   # of source and translation alone
    .venv-metrics/bin/python -m tests.tiny_metrics comet_kiwi FOLDER # the same, of the class of CometKiwi
    .venv-metrics/bin/python -m tests.tiny_metrics bleurt FOLDER

Their scores mean nothing; they serve to try everything around them.
"""

import os
import string
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from ruamel.yaml import YAML
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

SIZE = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
}  # fmt: skip
WORDS = ("the", "The", "a", "A", "man", "woman", "dog", "cat", "is", "in", "on", "of", "and", "with", "s", "ing", "ed",
         "der", "die", "das", "ein", "eine", "und", "mit", "auf", "Mann", "Frau", "Hund")  # fmt: skip
LETTERS = string.ascii_letters + string.digits + string.punctuation + "äöüÄÖÜßéè中文的"


def comet_qe(folder: Path, seed: int = 1) -> Path:
    """Write a checkpoint of COMET's `referenceless_regression_metric`; return its folder."""
    return comet(folder, seed, kind="referenceless_regression_metric")


def comet_kiwi(folder: Path, seed: int = 1) -> Path:
    """Write a checkpoint of COMET's `unified_metric` that reads translation and source; return its folder."""
    return comet(folder, seed, kind="unified_metric")


def comet(folder: Path, seed: int = 1, kind: str = "regression_metric") -> Path:
    """Write a checkpoint of COMET's `regression_metric`, or of another kind; return its folder."""
    from comet.models import str2model
    from transformers import XLMRobertaConfig, XLMRobertaTokenizerFast

    pieces = [(piece, 0.0) for piece in ("<s>", "<pad>", "</s>", "<unk>")]
    pieces += [("▁" + word, -4.0) for word in WORDS] + [(letter, -6.0) for letter in "▁" + LETTERS]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    encoder = folder / "encoder"
    XLMRobertaTokenizerFast(tokenizer_object=tokenizer, model_max_length=128).save_pretrained(encoder)
    XLMRobertaConfig(
        vocab_size=len(pieces), max_position_embeddings=130, bos_token_id=0, pad_token_id=1, eos_token_id=2,
        # The first token alone, which the class of CometKiwi reads, tells little of the others with 0.02.
        initializer_range=0.2 if kind == "unified_metric" else 0.02, **SIZE
    ).save_pretrained(encoder)  # fmt: skip

    own = (
        {"sent_layer": "mix", "word_layer": 2, "input_segments": ["mt", "src"]}
        if kind == "unified_metric"
        else {"pool": "avg", "layer": "mix"}
    )
    settings = own | {
        "encoder_model": "XLM-RoBERTa", "pretrained_model": str(encoder.resolve()), "layer_transformation": "sparsemax",
        "layer_norm": False, "hidden_sizes": [24, 12], "activations": "Tanh", "final_activation": None, "dropout": 0.1,
        "load_pretrained_weights": False, "local_files_only": True,
    }  # fmt: skip
    torch.manual_seed(seed)
    model = str2model[kind](**settings)
    with torch.no_grad():
        # Scores about 0.7 that differ visibly.
        last = model.estimator.ff[-1]
        last.weight.mul_(2.0)
        last.bias.fill_(0.7)
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    torch.save(
        {
            "state_dict": model.state_dict(),
            "hyper_parameters": settings,
            "pytorch-lightning_version": "2.0.0",
        },
        folder / "checkpoints" / "model.ckpt",
    )
    with (folder / "hparams.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump({"class_identifier": kind} | settings, stream)
    return folder


def bleurt(folder: Path, seed: int = 1) -> Path:
    """Write a checkpoint of bleurt-pytorch; return its folder."""
    from bleurt_pytorch import BleurtConfig, BleurtForSequenceClassification
    from bleurt_pytorch.bleurt.tokenization_bleurt_fast import BleurtTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *WORDS,
        *LETTERS,
        *("##" + letter for letter in LETTERS),
    ]
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(vocabulary)) + "\n", encoding="utf-8")
    BleurtTokenizerFast(str(folder / "vocab.txt"), do_lower_case=False).save_pretrained(folder)
    torch.manual_seed(seed)
    model = BleurtForSequenceClassification(
        BleurtConfig(vocab_size=len(dict.fromkeys(vocabulary)), embedding_size=16, max_position_embeddings=512, **SIZE)
    )
    with torch.no_grad():
        model.classifier.weight.mul_(200.0)
        model.classifier.bias.fill_(0.6)
    model.save_pretrained(folder)
    return folder


def main() -> None:
    """Run the command line."""
    kinds = {"comet": comet, "comet_qe": comet_qe, "comet_kiwi": comet_kiwi, "bleurt": bleurt}
    if len(sys.argv) != 3 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    kinds[sys.argv[1]](Path(sys.argv[2]))


if __name__ == "__main__":
    main()
