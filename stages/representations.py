"""One pass of the base model over seeds and pool: a weighted mean of the last hidden states of every pair."""

from gdig import stage
from gdig.config import Params
from gdig.data.prompt import encode_instructions
from gdig.files import digest
from gdig.folders import fingerprint, scratch_root
from gdig.model.load import load_model, load_tokenizer
from gdig.model.memory import enough_memory
from gdig.model.represent import represent
from gdig.paths import Paths
from gdig.records import read_pairs
from gdig.shards import FloatArray, compute_shards


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.representations
    model, tokenizer = load_model(paths.base), load_tokenizer(paths.base)
    for out, source in ((paths.seed_representations, paths.seeds), (paths.representations, paths.pool)):
        examples = encode_instructions(read_pairs(source), tokenizer, params.prompt)

        @enough_memory("representations.max_tokens", settings.max_tokens)
        def compute(rows: range, examples: list = examples) -> FloatArray:  # type: ignore[type-arg]
            return represent(model, examples[rows.start : rows.stop], settings.max_tokens)

        key = fingerprint(settings, params.prompt, digest(paths.base), digest(source))
        compute_shards(
            out,
            scratch_root() / f"representations-{key}",
            "representation",
            [example.id for example in examples],
            settings.shard_size,
            compute,
        )


if __name__ == "__main__":
    stage.run(main, several=True)
