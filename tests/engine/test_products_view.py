"""What every product shows is the same whichever order the model answers in."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ben_core.errors import DataError, JobError
from ben_core.nomenclature import CLC_LEVEL_1, ORDER_ALPHABETICAL, ORDER_ORIGINAL, Legend
from ben_core.products.types import MAPPED, STATUS_NAMES
from ben_core.products.view import acquisition, view


def reordered(answers, record, order):
    """The same answers from a model that gives its classes in another order."""
    at = [answers.classes.index(name) for name in order]
    card = dataclasses.replace(record.card, classes=tuple(order), thresholds=tuple(record.thresholds[i] for i in at))
    return (
        dataclasses.replace(answers, p=answers.p[..., at], classes=tuple(order)),
        dataclasses.replace(record, card=card, thresholds=card.thresholds),
    )


@settings(max_examples=20, deadline=None)
@given(st.permutations(ORDER_ORIGINAL), st.booleans())
def test_class_order_of_the_model_changes_nothing(make_run, order, flat):
    answers, record = make_run(1200, 960, legend=CLC_LEVEL_1)
    if flat:  # every class ties with every other
        answers.p[answers.status == MAPPED] = 7000
    a, b = view(answers, record), view(*reordered(answers, record, order))
    assert a.classes == b.classes == ORDER_ALPHABETICAL
    for name in ("top", "bits", "groups", "n_labels", "entropy", "top_p"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), name)


def test_labels_top_and_groups_follow_their_definition(make_run):
    answers, record = make_run(2400, 1200, legend=CLC_LEVEL_1)
    seen = view(answers, record)
    for row, col in np.ndindex(seen.mapped.shape):
        if answers.status[row, col] != MAPPED:
            assert seen.top[row, col] == seen.groups[row, col] == seen.bits[row, col] == 0
            continue
        p = dict(zip(answers.classes, (answers.p[row, col] / 10000).tolist(), strict=True))
        limits = dict(zip(answers.classes, record.thresholds, strict=True))
        present = {n for n in p if p[n] >= limits[n]}
        assert {n for i, n in enumerate(ORDER_ALPHABETICAL) if seen.bits[row, col] >> i & 1} == present
        assert p[ORDER_ALPHABETICAL[seen.top[row, col] - 1]] == max(p.values())
        group = list(CLC_LEVEL_1.groups)[seen.groups[row, col] - 1]
        assert max(p[n] for n in CLC_LEVEL_1.groups[group]) == max(p.values())
        h = [0 if q in (0, 1) else -q * np.log2(q) - (1 - q) * np.log2(1 - q) for q in p.values()]
        assert seen.entropy[row, col] == pytest.approx(np.mean(h), abs=1e-12)


def test_areas_of_cells_add_up_to_the_scene(make_run):
    for size in ((3660, 3600), (1250, 981)):
        assert view(*make_run(*size)).area_m2.sum() == size[0] * size[1] * 100


def test_status_names_are_those_of_the_journal():
    assert STATUS_NAMES[MAPPED] == "mapped"


@pytest.mark.parametrize("damage", ["shape", "thresholds", "mapped", "unmapped"])
def test_answers_that_contradict_the_record_are_refused(make_run, damage):
    answers, record = make_run()
    if damage == "shape":
        record = dataclasses.replace(record, grid=dataclasses.replace(record.grid, width=3900))
    elif damage == "thresholds":
        record = dataclasses.replace(record, thresholds=(0.5,))
    elif damage == "mapped":
        answers.p[10, 20, 3] = 10_001
    else:
        answers.p[0, 0, 0] = 0
    with pytest.raises(ValueError):
        view(answers, record)


def test_a_legend_without_any_class_of_the_model_is_refused(make_run):
    answers, record = make_run(1200, 1200)
    few = [answers.classes.index(n) for n in ("Pastures", "Mixed forest")]
    names = tuple(answers.classes[i] for i in few)
    answers = dataclasses.replace(answers, p=answers.p[..., few], classes=names)
    legend = Legend("Water only", {"Water": ("Marine waters",)}, {"Water": "#0000ff"})
    with pytest.raises(JobError, match="Water only"):
        view(answers, dataclasses.replace(record, thresholds=(0.5, 0.5), legend=legend))


def test_acquisition_times():
    assert acquisition(None) is None
    assert acquisition("2020-02-23").isoformat() == "2020-02-23T00:00:00+00:00"
    assert acquisition("2020-02-23T03:47:31.024Z").year == 2020
    assert acquisition("2020-01-01T00:30:00+01:00").year == 2019
    with pytest.raises(DataError, match="yesterday"):
        acquisition("yesterday")
