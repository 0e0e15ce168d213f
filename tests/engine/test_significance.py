"""The test of change: calm where nothing changed, awake where something did."""

import numpy as np
import pytest

from ben_core.batch.catalogue.significance import FEWEST_CELLS, Side, compare
from ben_core.products.types import NOT_MAPPED


def simulate(n: int, m: int, seed: int, cells: int = 2000, changed: int = 0, shift: float = 0.0):
    """Two sides of n and m dates of one land: logits with noise that is larger near 0.5; a scene-wide shift after."""
    rng = np.random.default_rng(seed)
    land = rng.normal(-2, 1.8, (19, cells))
    sides = []
    for dates, after in ((n, False), (m, True)):
        side = Side(19, cells)
        for _ in range(dates):
            logit = land + rng.normal(0, 1, land.shape) * (0.3 + 0.6 / (1 + np.abs(land)))
            if after:
                logit += shift
                logit[3, :changed] += 4
            side.add(np.round(10_000 / (1 + np.exp(-logit))).astype(np.uint16))
        sides.append(side)
    return compare(*sides)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 3), (1, 4)])
def test_false_alarms_are_as_many_as_promised(n, m):
    """Under no change, also where a season moves all cells alike: 5 % of p values are below 0.05, hardly a discovery."""
    rates, discoveries = [], 0
    for seed in range(3):
        change = simulate(n, m, seed, shift=0.8 * seed)
        tested = np.abs(change.z) > 0
        rates.append((np.abs(change.z[tested]) > 1.959964).mean())
        discoveries += int((change.q <= 0.05).sum())
    assert 0.04 < np.mean(rates) < 0.065
    assert discoveries < 20  # of 3 x 38,000


def test_real_change_is_found_and_little_else():
    change = simulate(3, 3, 1, changed=100)
    found = change.q <= 0.05
    assert found[3, :100].mean() > 0.95
    assert found[3, :100].sum() > 0.8 * found.sum()
    assert (change.difference[3, :100] > 0).all()


def test_more_dates_see_smaller_changes():
    one, many = simulate(1, 1, 2, changed=100), simulate(6, 6, 2, changed=100)
    assert np.median(np.abs(many.z[3, :100])) > 1.5 * np.median(np.abs(one.z[3, :100]))


def test_sides_that_are_equal_changed_nowhere():
    p = np.random.default_rng(0).integers(0, 10_001, (19, 300)).astype(np.uint16)
    sides = [Side(19, 300), Side(19, 300)]
    for side in sides:
        side.add(p)
    change = compare(*sides)
    assert (change.z == 0).all() and (change.q == 1).all() and (change.difference == 0).all()


def test_swapped_sides_swap_the_sign():
    rng = np.random.default_rng(4)
    a, b = Side(19, 400), Side(19, 400)
    a.add(rng.integers(0, 10_001, (19, 400)).astype(np.uint16))
    b.add(rng.integers(0, 10_001, (19, 400)).astype(np.uint16))
    there, back = compare(a, b), compare(b, a)
    assert np.allclose(there.z, -back.z, atol=1e-5) and np.allclose(there.q, back.q, atol=1e-5)


def test_cells_without_an_answer_are_in_no_result():
    rng = np.random.default_rng(5)
    a, b = Side(19, 200), Side(19, 200)
    p = rng.integers(0, 10_001, (19, 200)).astype(np.uint16)
    gone = p.copy()
    gone[:, :50] = NOT_MAPPED
    a.add(p)
    b.add(gone)
    change = compare(a, b)
    for values in (change.z, change.q, change.difference):
        assert np.isnan(values[:, :50]).all() and not np.isnan(values[:, 50:]).any()


def test_few_cells_tell_nothing():
    sides = [Side(19, FEWEST_CELLS - 1), Side(19, FEWEST_CELLS - 1)]
    for side in sides:
        side.add(np.full((19, FEWEST_CELLS - 1), 5000, np.uint16))
    with pytest.raises(ValueError, match="49 cells"):
        compare(*sides)
