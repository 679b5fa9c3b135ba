import pytest

from gdig.config import Bleurt, Comet
from gdig.scoring import bleurt, comet
from gdig.scoring.checkpoints import find_checkpoint

OWN = {"revision": None, "batch_size": 16}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, and no network."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def cached(cache, repository, commit, files):
    """Lay files into the cache as the hub's client does."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    for name in files:
        path = folder / "snapshots" / commit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs" / "main").write_text(commit)


COMMIT = "a" * 40
MODEL = {"hparams.yaml": "class_identifier: regression_metric\npretrained_model: xlm-roberta-large\n",
         "checkpoints/model.ckpt": "x"}  # fmt: skip
ENCODER = {"config.json": "{}", "tokenizer.json": "{}"}


def of_comet(model="Unbabel/wmt22-comet-da", **changes):
    return comet.checkpoint(Comet(**{"model": model, "precision": "float16"} | OWN | changes))


def test_what_is_cached_is_found_offline_with_its_commit(cache):
    cached(cache, "Unbabel/wmt22-comet-da", COMMIT, MODEL)
    cached(cache, "xlm-roberta-large", "b" * 40, ENCODER)
    found = of_comet()
    assert found.identity == f"Unbabel/wmt22-comet-da@{COMMIT}"
    assert (found.folder / "checkpoints" / "model.ckpt").is_file()
    assert of_comet(revision=COMMIT) == found


def test_what_is_not_cached_is_named_with_the_way_to_get_it(cache):
    how = "HF_HUB_OFFLINE=0 `hf download Unbabel/wmt22-comet-da`"
    with pytest.raises(ValueError, match=f"^score.comet.model: Unbabel/wmt22-comet-da is not in the hub's.*{how}"):
        of_comet()
    with pytest.raises(ValueError, match=f"`hf download Unbabel/wmt22-comet-da --revision {COMMIT}`"):
        of_comet(revision=COMMIT)
    with pytest.raises(ValueError, match=r"score.bleurt.model.*`hf download lucadiliello/BLEURT-20`"):
        bleurt.checkpoint(Bleurt(model="lucadiliello/BLEURT-20", **OWN))


@pytest.mark.parametrize(
    ("published", "fetched"),
    [({"a.safetensors", "a.bin"}, {"a.safetensors"}), ({"a.bin"}, {"a.bin"})],
)
def test_of_two_formats_of_weights_one_is_fetched(tmp_path, monkeypatch, published, fetched):
    """A stand-in for the hub's client, which cannot be asked here."""
    import huggingface_hub

    (tmp_path / COMMIT).mkdir()

    def download(*, allow_patterns, ignore_patterns=(), local_files_only=False, **_):
        for name in published.intersection(allow_patterns).difference(ignore_patterns):
            if not local_files_only:
                (tmp_path / COMMIT / name).touch()
        return str(tmp_path / COMMIT)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    weights = ("a.safetensors", "a.bin")
    found = find_checkpoint("score.bleurt.model", "some/model", COMMIT, ("|".join(weights),), weights)
    assert {path.name for path in found.folder.iterdir()} == fetched


def test_the_encoder_of_comet_must_be_here_too(cache):
    cached(cache, "Unbabel/wmt22-comet-da", COMMIT, MODEL)
    with pytest.raises(ValueError, match=r"encoder of Unbabel/wmt22-comet-da: xlm-roberta-large is not.*`hf download "
                       r"xlm-roberta-large"):  # fmt: skip
        of_comet()


def test_half_a_model_is_not_taken_for_a_whole_one(cache, tmp_path):
    cached(cache, "Unbabel/wmt22-comet-da", COMMIT, {"hparams.yaml": MODEL["hparams.yaml"]})
    with pytest.raises(ValueError, match="is not in the hub's cache"):
        of_comet()
    (tmp_path / "local").mkdir()
    with pytest.raises(ValueError, match="score.comet.model: local has no hparams.yaml; take the whole model"):
        of_comet("local")


@pytest.mark.parametrize(
    ("model", "revision", "message"),
    [
        ("./nowhere", None, "there is no folder ./nowhere; paths are relative to the repository root"),
        ("a/b/c", None, "there is no folder a/b/c"),
        ("here", "main", "here is local, so it has no revision; set `revision` to null"),
        ("no such name", None, "'no such name' is neither a folder nor the name of a repository"),
    ],
)
def test_names_that_cannot_be(tmp_path, model, revision, message):
    (tmp_path / "here").mkdir()
    with pytest.raises(ValueError, match=message):
        find_checkpoint("score.comet.model", model, revision, ("config.json",), ())


def test_a_local_model_is_reported_by_its_weights(tiny_comet):
    whole = of_comet(str(tiny_comet))
    assert whole.identity.startswith(f"{tiny_comet.name}@sha256:")
    assert of_comet(str(tiny_comet / "checkpoints" / "model.ckpt")) == whole


def test_a_checkpoint_file_may_be_a_link_as_in_the_hubs_cache(tmp_path, tiny_comet):
    linked = tmp_path / "snapshot"
    (linked / "checkpoints").mkdir(parents=True)
    (linked / "hparams.yaml").symlink_to(tiny_comet / "hparams.yaml")
    (linked / "checkpoints" / "model.ckpt").symlink_to(tiny_comet / "checkpoints" / "model.ckpt")
    assert of_comet(str(linked / "checkpoints" / "model.ckpt")).folder == linked
    (linked / "checkpoints" / "other.ckpt").symlink_to(tiny_comet / "checkpoints" / "model.ckpt")
    with pytest.raises(ValueError, match=r"other.ckpt is not <model>/checkpoints/model.ckpt; name or copy it so"):
        of_comet(str(linked / "checkpoints" / "other.ckpt"))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("GatedRepoError", "accept its licence at https://huggingface.co/some/model, log in with `hf auth login`"),
        ("RevisionNotFoundError", "has no revision 'abc' on the hub"),
        ("RepositoryNotFoundError", "there is neither a folder some/model nor a repository of that name"),
        ("LocalEntryNotFoundError", "cannot be fetched: told; get it with `hf download some/model --revision abc`"),
    ],
)
def test_what_the_hub_refuses_is_explained(monkeypatch, error, message):
    """The hub cannot be asked in a test: its client's own errors stand in for its answers."""
    import httpx2
    import huggingface_hub
    from huggingface_hub import errors

    asked = httpx2.Request("GET", "http://127.0.0.1")

    def refuse(**wanted):
        if wanted.get("local_files_only"):
            raise errors.LocalEntryNotFoundError("not here")
        kind = getattr(errors, error)
        answer = {} if error == "LocalEntryNotFoundError" else {"response": httpx2.Response(400, request=asked)}
        raise kind("told", **answer)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(ValueError, match=message):
        find_checkpoint("score.comet.model", "some/model", "abc", ("config.json",), ())
