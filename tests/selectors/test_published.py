"""Preset `published` of the selectors, compared with the formulas of the authors' codes, written out here.

Read in tianyi-lab/Superfiltering@f0764af, tianyi-lab/Cherry_LLM@01fac8d, hkust-nlp/deita@b279f2c,
princeton-nlp/LESS@8abf962 and decile-team/submodlib (`create_square_kernel_dense`, metric euclidean).
"""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gdig.io.matrix import read_matrix
from gdig.io.order import shuffle_key
from gdig.io.ranking import iterate_ranking
from gdig.io.records import write_pairs, write_rows
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.passes.shards import compute_shards
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.selectors import deita
from gdig.selectors.ifd.experience import experience
from gdig.selectors.less.gradients import Adam, directions, load_checkpoint, sgd, unit
from gdig.selectors.less.random_projection import RandomProjection
from gdig.selectors.less.warmup import train_epochs
from gdig.selectors.superfiltering.facility_location import exponential, facility_location
from stages import less_gradients, rank_deita, rank_ifd, rank_superfiltering, token_losses
from tests.conftest import toy_pairs
from tests.selectors.test_ifd_experience import CENTRES, settings
from tests.training import toy

PAIRS = toy_pairs(60)
IDS = [pair.id for pair in PAIRS]
POINTS = np.random.default_rng(5).normal(size=(60, 6)).astype(np.float32)
COUNT = 8


def loss_of(model, context, answer):
    """As both codes have it: the loss that transformers returns where the context is no label."""
    tokens = torch.tensor([[*context, *answer]])
    labels = torch.tensor([[-100] * len(context) + answer])
    with torch.no_grad():
        return float(model(input_ids=tokens, labels=labels).loss)


@pytest.fixture(scope="module")
def site(tmp_path_factory, base_folder, params):
    """The losses of all pairs under one model, as base model and as IFD's own, and embeddings."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("GDIG_SCRATCH", str(folder / "scratch"))
        paths = Paths(profile="embedded")
        paths.base.parent.mkdir(parents=True)
        write_pairs(paths.pool, PAIRS)
        for scorer in ("base", "ifd_model"):
            (paths.base.parent / scorer).symlink_to(base_folder)
            token_losses.main(params, Paths(profile="embedded", scorer=scorer), scorer)
        compute_shards(
            paths.embeddings, folder / "made", "embedding", IDS, 60, lambda rows: POINTS[rows.start : rows.stop]
        )
        yield SimpleNamespace(model=load_model(base_folder), tokenizer=load_tokenizer(base_folder))


def tokens_of(tokenizer, text):
    return tokenizer(text, add_special_tokens=False).input_ids


def with_preset(params, section, **changes):
    changed = getattr(params, section).model_copy(update={"preset": "published", **changes})
    return params.model_copy(update={section: changed, "budgets": [COUNT]})


def ranked(stage, params, selector):
    paths = Paths(profile="embedded", selector=selector, small_scorer="base")
    stage.main(params, paths, selector)
    return dict(iterate_ranking(paths.ranking))


def test_ifd_leaves_out_the_end_of_the_answer(site, params):
    expected = {}
    for pair in PAIRS:
        asked = tokens_of(site.tokenizer, f'Translate the following text into English.\n\nText:\n"{pair.src}"')
        answer = tokens_of(site.tokenizer, pair.trg)
        # The plain prompt has no header, and the tokenizer no BOS, in whose place is EOS.
        alone = loss_of(site.model, [site.tokenizer.eos_token_id], answer)
        expected[pair.id] = loss_of(site.model, asked, answer) / alone
    found = ranked(rank_ifd, with_preset(params, "rank_ifd", upper=9.0), "ifd")
    assert found == pytest.approx(expected, rel=1e-5)
    assert list(found) == sorted(expected, key=expected.__getitem__, reverse=True)
    own = ranked(rank_ifd, params.model_copy(update={"budgets": [COUNT]}), "ifd")
    assert max(abs(own[i] - expected[i]) for i in own) > 0.01


def superfiltering_scores(site):
    expected = {}
    for pair in PAIRS:
        answer = tokens_of(site.tokenizer, pair.trg)
        asked = tokens_of(site.tokenizer, f"German: {pair.src}\nEnglish:")
        joined = tokens_of(site.tokenizer, f"German: {pair.src}\nEnglish: {pair.trg}")
        assert joined[: len(asked)] == asked
        bare = joined[len(asked) :]
        alone = loss_of(site.model, [], bare)
        expected[pair.id] = math.exp(loss_of(site.model, asked, bare)) / math.exp(alone)
        assert answer
    return expected


def test_superfiltering_scores_no_end_and_no_first_token_of_a_bare_answer(site, params):
    expected = superfiltering_scores(site)
    wanted = with_preset(params, "rank_superfiltering", upper=math.inf, scorer="base")
    found = ranked(rank_superfiltering, wanted, "superfiltering")
    assert found == pytest.approx(expected, rel=1e-5)
    assert list(found) == sorted(expected, key=expected.__getitem__, reverse=True)


def greedy(kernel, count):
    """Facility location by whole sums, the best at each step; the values of the best and of the second."""
    picks, margins, covered = [], [], np.zeros(len(kernel))
    for _ in range(count):
        values = np.maximum(covered, kernel).sum(axis=1)
        values[picks] = -np.inf
        best, second = np.argsort(-values)[:2]
        picks.append(int(best))
        margins.append(values[best] - values[second])
        covered = np.maximum(covered, kernel[best])
    return picks, margins


def exponential_kernel(points):
    """exp(-distance / D), D the number of features; of embeddings that the code scales to unit length before."""
    points = points / np.linalg.norm(points, axis=1, keepdims=True)
    return np.exp(-np.linalg.norm(points[:, None] - points[None], axis=2) / points.shape[1])


def test_superfiltering_spreads_by_the_similarity_of_submodlib(site, params):
    score = superfiltering_scores(site)
    top = sorted(score, key=score.__getitem__, reverse=True)[:20]
    points = np.stack([POINTS[IDS.index(i)] for i in top])
    picks, margins = greedy(exponential_kernel(points.astype(float)), 4)
    assert min(margins) > 1e-6  # later, two that are nearest to each other tie
    settings = {"upper": math.inf, "scorer": "base", "diversity": "facility_location", "top_share": 20 / 60}
    wanted = with_preset(params, "rank_superfiltering", **settings)
    found = ranked(rank_superfiltering, wanted, "superfiltering")
    assert list(found)[:4] == [top[pick] for pick in picks]
    assert facility_location(top, points, 4, 1) != [top[pick] for pick in picks]


@pytest.mark.parametrize("seed", range(4))
def test_both_similarities_choose_differently(seed):
    points = np.random.default_rng(seed).normal(size=(80, 5)).astype(np.float32) + np.float32([1, 0, 0, 0, 0])
    ids = [str(n) for n in range(80)]
    picks, margins = greedy(exponential_kernel(points.astype(float)), 6)
    assert min(margins) > 1e-6
    found = facility_location(ids, points, 80, seed, exponential)
    assert [int(i) for i in found[:6]] == picks
    assert sorted(found) == sorted(ids)
    assert facility_location(ids, points, 12, seed) != found[:12]


def cherry_experience(labels, perplexities, count, low, high):
    """Per cluster and in the order of the data, as data_by_cluster.py has it."""
    taken = []
    for label in sorted(set(labels)):
        members = [place for place, own in enumerate(labels) if own == label]
        if len(members) < count:
            taken += members
            continue
        values = [perplexities[place] for place in members]
        bounds = np.percentile(values, low), np.percentile(values, high)
        middle = [place for place in members if bounds[0] <= perplexities[place] <= bounds[1]]
        if len(middle) >= count:
            middle = [middle[n * (len(middle) // count)] for n in range(count)]
        taken += middle
    return taken


@pytest.mark.parametrize("per_cluster", [1, 2, 3, 7, 8, 13, 99])
def test_experience_is_taken_in_the_order_of_the_data_and_small_clusters_whole(per_cluster):
    rng = np.random.default_rng(3)
    labels = rng.permutation(np.repeat(range(4), [7, 13, 20, 31])).tolist()
    points = CENTRES[labels] + rng.normal(scale=0.1, size=(71, 2)).astype(np.float32)
    ids = [f"p{n:02}" for n in range(71)]
    losses = {i: float(loss) for i, loss in zip(ids, rng.uniform(1, 3, 71), strict=True)}
    expected = cherry_experience(labels, [math.exp(losses[i]) for i in ids], per_cluster, 25, 75)
    wanted = settings(preset="published", per_cluster=per_cluster)
    assert sorted(experience(ids, points, losses, wanted)) == sorted(ids[place] for place in expected)


def test_deita_gives_a_missing_number_three(site, params):
    judged = {i: (1.0 + n % 6, 1.0 + n % 5) for n, i in enumerate(IDS)}
    judged |= {"t1": (None, None), "t2": (None, 5.0), "t3": (4.0, None)}
    paths = Paths(profile="embedded", kind="complexity_quality")
    write_rows(paths.complexity_quality, ({"id": i, "complexity": c, "quality": q} for i, (c, q) in judged.items()))
    expected = {i: (3.0 if c is None else c) * (3.0 if q is None else q) for i, (c, q) in judged.items()}
    wanted = with_preset(params, "rank_deita", tau=1.0, tau_quantile=None)
    found = ranked(rank_deita, wanted.model_copy(update={"budgets": [60]}), "deita")
    assert found == pytest.approx(expected)
    seed = wanted.rank_deita.seed
    assert list(found) == sorted(IDS, key=lambda i: (-expected[i], shuffle_key(seed, i)))
    assert deita.evol_scores({"t1": (None, None), "t2": (None, 5.0)}) == {"t1": 0.0, "t2": 0.0}


def test_less_divides_by_a_root_with_epsilon_inside():
    torch.manual_seed(2)
    first, second = torch.randn(3, 4, dtype=torch.float64), torch.rand(3, 4, dtype=torch.float64)
    # Small moments, as of adapters: epsilon counts.
    first, second = 1e-4 * first, 1e-8 * second
    gradients = 1e-4 * torch.randn(5, 3, 4, dtype=torch.float64)
    adam = Adam({"w": first}, {"w": second}, 40, (0.9, 0.999), 1e-8)
    expected = (0.9 * first + 0.1 * gradients) / torch.sqrt(0.999 * second + 0.001 * gradients**2 + 1e-8)
    torch.testing.assert_close(adam.published("w", gradients), expected, rtol=1e-12, atol=0)
    cosines = torch.cosine_similarity(adam("w", gradients).flatten(1), expected.flatten(1))
    assert cosines.max() < 0.99


def test_less_projects_all_checkpoints_by_one_map(site, base_folder, params):
    paths = Paths(profile="less")
    paths.base.parent.mkdir(parents=True)
    paths.base.symlink_to(base_folder)
    write_pairs(paths.seeds, PAIRS[:3])
    write_pairs(paths.pool, PAIRS[:8])
    examples = encode_instructions(PAIRS[:8], site.tokenizer, params.prompt)
    lora = toy.lora(rank=2, targets=["q_proj", "v_proj"])
    memory = toy.memory(lora=lora)
    train_epochs(paths.less_warmup, load_model(paths.base), examples, toy.settings(epochs=2.0), memory, 1, "less")
    wanted = with_preset(params, "less_gradients", dim=64)
    less_gradients.main(wanted, paths)
    _, found_NX = read_matrix(paths.less_gradients, "gradient")
    _, seeds_MX = read_matrix(paths.less_seed_gradients, "gradient")
    for number in (1, 2):
        at = load_checkpoint(paths.base, paths.less_warmup, number)
        first = RandomProjection(
            at.sizes(), dim=64, kind="hashed", memory_gib=1.0, seed=wanted.less_gradients.seed, turn=1,
            device=torch.device("cpu"),
        )  # fmt: skip
        part = slice(64 * (number - 1), 64 * number)
        expected_NK = unit(directions(at, examples, first, at.adam.published, 8192))
        torch.testing.assert_close(torch.from_numpy(found_NX[:, part]), expected_NK, rtol=1e-4, atol=1e-6)
        expected_MK = directions(at, examples[:3], first, sgd, 8192)
        torch.testing.assert_close(torch.from_numpy(seeds_MX[:, part]), expected_MK, rtol=1e-4, atol=1e-6)
