"""Make the base model: a small Llama trained from scratch, or the files of a model of the hub, a folder or a GGUF file.

Every finetuned system and the warm-up start from it.
"""

from gdig.base.pretrained import copy_pretrained
from gdig.base.scratch import train_base
from gdig.config import Params
from gdig.io.files import atomic_folder, write_json
from gdig.io.records import read_pairs
from gdig.lm.load import save
from gdig.run import stage
from gdig.run.paths import Paths


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    if params.base.num_threads is not None:
        stage.limit_threads(params.base.num_threads)
    with atomic_folder(paths.base) as out:
        if params.base.model == "scratch":
            model, tokenizer, training = train_base(read_pairs(paths.base_text), params.base, params.prompt)
            save(out, model, tokenizer)
            record = {"model": "scratch", "training": training.as_json()}
        else:
            texts = [text for pair in read_pairs(paths.valid) for text in (pair.src, pair.trg)]
            record = copy_pretrained(params.base, params.prompt, texts, out)
        write_json(out / "record.json", record)
