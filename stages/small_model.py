"""Copy a small published model, whose losses SuperFiltering may take in place of the base model's."""

from gdig.config import Params
from gdig.io.files import atomic_folder, digest, write_json
from gdig.lm.hub import model_folder
from gdig.lm.load import load_model, load_tokenizer, save
from gdig.run.paths import Paths


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.small_model
    folder = model_folder(settings.model, settings.revision, "small_model")
    # Of a local folder its name alone: its path differs between machines.
    name = settings.model if settings.revision else folder.name
    weights = {path.name: digest(path) for path in sorted(folder.glob("*.safetensors"))}
    with atomic_folder(paths.small_model) as out:
        save(out, load_model(folder, onto="cpu"), load_tokenizer(folder))
        write_json(out / "record.json", {"model": name, "revision": settings.revision, "sha256": weights})
