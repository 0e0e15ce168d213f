"""How unusual a patch looks: the statistics against plain formulas, and their way from card to products."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from ben_core.errors import ModelError
from ben_core.models.card import ModelCard
from ben_core.models.novelty import MOST_NUMBERS, SCORES, Novelty, fit_space, joint_energy, with_quantiles
from ben_core.products import product_names, write_products
from ben_core.products.types import NOT_SCORED


def space(n: int = 200, d: int = 12, seed: int = 0) -> tuple[Novelty, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 4)) @ rng.normal(size=(4, d)) + 0.1 * rng.normal(size=(n, d)) + 3
    return fit_space(features, rank=4), features


def test_distance_is_mahalanobis_under_the_covariance_it_stands_for() -> None:
    novelty, features = space()
    basis, variance = np.array(novelty.basis), np.array(novelty.variance)
    covariance = basis.T @ np.diag(variance - novelty.rest) @ basis + novelty.rest * np.eye(12)
    off = features[:20] - np.array(novelty.mean)
    expected = np.einsum("nd,de,ne->n", off, np.linalg.inv(covariance), off)
    np.testing.assert_allclose(novelty.distances(features[:20]), expected, rtol=1e-3)
    # Training data have on average one unit of squared distance a dimension.
    assert novelty.distances(features).mean() == pytest.approx(12, rel=0.1)


def test_the_rank_follows_the_number_of_patches_and_of_features() -> None:
    assert len(space(n=3)[0].basis) == 1
    assert len(fit_space(np.random.default_rng(0).normal(size=(64, 2048)), 16).basis) == MOST_NUMBERS // 2048
    alike = fit_space(np.ones((5, 3)))
    assert alike.distances(np.ones((1, 3)))[0] == 0 and np.isfinite(alike.distances(np.zeros((1, 3))))[0]


def test_scores_are_percentiles_of_held_apart_patches() -> None:
    novelty, features = space()
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(200, 5))
    novelty = with_quantiles(novelty, joint_energy(logits), novelty.distances(features))
    scores = novelty.scores(logits, features)
    assert scores.dtype == np.uint8 and scores.shape == (200, 2)
    for i in range(2):  # the held-apart patches themselves are spread evenly
        assert np.histogram(scores[:, i], 4, (0, 100))[0] == pytest.approx([50] * 4, abs=6)
    far = novelty.scores(np.full((1, 5), -9.0), features.mean(0)[None] + 40)
    near = novelty.scores(np.full((1, 5), 9.0), features.mean(0)[None])
    assert far.tolist() == [[100, 100]] and near.tolist() == [[0, 0]]


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=19))
def test_energy_grows_with_every_logit(logits: list[float]) -> None:
    low = np.array([logits])
    assert joint_energy(low + 1)[0] > joint_energy(low)[0] >= 0
    assert joint_energy(low)[0] == pytest.approx(sum(np.log1p(np.exp(v)) for v in logits), rel=1e-9, abs=1e-12)


def test_the_card_carries_it_and_refuses_what_contradicts_itself(make_run: Any) -> None:
    novelty, _ = space()
    card = dataclasses.replace(make_run()[1].card, novelty=novelty)
    assert ModelCard.from_json(card.to_json(), "there").novelty == novelty
    for wrong in (
        {"rest": 0.0},
        {"mean": (1.0,)},
        {"energy": (0.0,) * 100},
        {"distance": tuple(reversed(range(101)))},
        {"variance": (float("nan"),) * 4},
    ):
        with pytest.raises(ModelError, match="novelty"):
            dataclasses.replace(novelty, **wrong)
    with pytest.raises(ModelError, match="7 features"):
        novelty.scores(np.zeros((1, 3)), np.zeros((1, 7)))


def test_products_hold_it(written: Any) -> None:
    answers, _, files = written
    with rasterio.open(files["unusual"]) as src:
        assert src.descriptions == SCORES and src.nodata == NOT_SCORED
        np.testing.assert_array_equal(src.read().transpose(1, 2, 0), answers.unusual)
    table = pyogrio.read_dataframe(files["gpkg"], layer="patches", read_geometry=False)
    for i, name in enumerate(SCORES):
        found = answers.unusual[table.row, table.col, i]
        expected = np.where(found == NOT_SCORED, np.nan, found / 100)
        np.testing.assert_allclose(table[f"unusual_{name}"], expected)
    assert "Does the model know such land?" in files["report"].read_text(encoding="utf-8")


def test_a_model_that_cannot_tell_says_nothing(make_run: Any, tmp_path: Path) -> None:
    answers, record = make_run(scored=False)
    files = write_products(answers, record, tmp_path, "map")
    assert "unusual" not in files and "unusual" not in product_names("map", None)
    assert "unusual_energy" not in pyogrio.read_info(files["gpkg"], layer="patches")["fields"]
    assert "know such land" not in files["report"].read_text(encoding="utf-8")
