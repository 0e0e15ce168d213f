"""Every loss, every augmentation and the config keep their laws."""

import json
import math
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402

from ben_core.errors import JobError  # noqa: E402
from ben_core.learn.train.augment import (  # noqa: E402
    NO_CLASS,
    Batch,
    Sample,
    blanked,
    class_shares,
    cut,
    cut_mixed,
    mixed_up,
    present,
    relit,
    turned,
)  # fmt: skip
from ben_core.learn.train.config import BAND_SETS, Config, difference  # noqa: E402
from ben_core.learn.train.loop import learning_rate  # noqa: E402
from ben_core.learn.train.losses import asymmetric, map_reading, multilabel, positive_weights  # noqa: E402
from ben_core.models.card import BandInput  # noqa: E402
from ben_core.models.preprocess import Preprocess  # noqa: E402

INPUTS = (BandInput("B02", 400.0, 600.0), BandInput("B11", 1500.0, 1000.0), BandInput("VV", -12.0, 5.0, unit="dB"))
seeds = st.integers(0, 2**31)


def random(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def answers(seed: int, n: int = 6, classes: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    g = random(seed)
    return 4 * torch.randn(n, classes, generator=g), (torch.rand(n, classes, generator=g) < 0.4).float()


def sample(seed: int, classes: int = 4, mapped: bool = True) -> Sample:
    """Bands of all three resolutions, each pixel the number of its class in the map."""
    g = np.random.default_rng(seed)
    cells = g.integers(-1, classes - 1, (20, 20)).astype(np.int8)  # the last class never occurs
    codes = cells.repeat(6, 0).repeat(6, 1)
    bands = {"B02": codes + 1, "B11": codes[::2, ::2] + 1, "B09": cells + 1}
    target = present(codes, classes)
    return Sample({k: v.astype(np.uint16) for k, v in bands.items()}, target, np.ones(classes, np.float32), codes if mapped else None)  # fmt: skip


def batch(seed: int, n: int = 5, classes: int = 4, mapped: bool = True) -> tuple[torch.Tensor, Batch]:
    """Images of one channel that shows the map's class."""
    samples = [sample(seed + i, classes) for i in range(n)]
    maps = torch.from_numpy(np.stack([s.classes for s in samples if s.classes is not None]))
    target = torch.from_numpy(np.stack([s.target for s in samples]))
    return maps[:, None].float(), Batch([], target, torch.ones(n, classes), maps, torch.full((n,), mapped))


# Losses


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_asymmetric_loss_without_asymmetry_is_cross_entropy(seed):
    logits, target = answers(seed)
    expected = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    torch.testing.assert_close(asymmetric(logits, target, 0.0, 0.0, 0.0, None), expected)
    config = Config(loss="asl", focus_negative=0.0, focus_positive=0.0, margin=0.0)
    torch.testing.assert_close(multilabel(logits, target, torch.ones_like(target), config), expected.mean(1))


def test_asymmetric_loss_forgets_easy_negatives_and_keeps_hard_ones():
    logits = torch.tensor([[-4.0, 4.0]])
    plain = asymmetric(logits, torch.zeros(1, 2), 0.0, 0.0, 0.0, None)[0]
    focused = asymmetric(logits, torch.zeros(1, 2), 0.0, 4.0, 0.05, None)[0]
    assert focused[0] == 0  # its probability lies below the margin
    assert 0.5 * plain[1] < focused[1] < plain[1]
    # Ridnik et al., equation 7, by hand
    shifted = 1 / (1 + math.exp(-4)) - 0.05
    assert focused[1] == pytest.approx(-(shifted**4) * math.log(1 - shifted), rel=1e-5)


def test_losses_and_gradients_stay_finite_on_loud_answers():
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    for loss in ("bce", "asl"):
        for target in (torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]])):
            (value,) = multilabel(logits, target, torch.ones(1, 2), Config(loss=loss))
            (gradient,) = torch.autograd.grad(value, logits)
            assert torch.isfinite(value) and torch.isfinite(gradient).all()


def test_unknown_answers_have_no_gradient_and_known_ones_weigh_as_ever():
    logits = torch.randn(3, 4, requires_grad=True)
    weight = torch.tensor([1.0, 0.0, 1.0, 0.0])
    (gradient,) = torch.autograd.grad(multilabel(logits, torch.ones(3, 4), weight, Config()).sum(), logits)
    (whole,) = torch.autograd.grad(multilabel(logits, torch.ones(3, 4), torch.ones(4), Config()).sum(), logits)
    torch.testing.assert_close(gradient, whole * weight)


@pytest.mark.parametrize("smoothing", [0.1, 0.4, 0.9])
def test_smoothing_asks_for_an_answer_short_of_certain(smoothing):
    p = torch.linspace(0.01, 0.99, 99)
    loss = multilabel(torch.logit(p)[:, None], torch.ones(99, 1), torch.ones(99, 1), Config(smoothing=smoothing))
    assert p[loss.argmin()] == pytest.approx(1 - smoothing / 2, abs=0.006)


def test_weights_of_positives_follow_rarity():
    count, known = torch.tensor([1.0, 50.0, 99.0]), torch.tensor([100.0, 100.0, 100.0])
    assert positive_weights(count, known, 0.0).tolist() == [1, 1, 1]
    torch.testing.assert_close(positive_weights(count, known, 1.0), torch.tensor([99.0, 1.0, 1 / 99]))
    torch.testing.assert_close(positive_weights(count, known, 0.5) ** 2, torch.tensor([99.0, 1.0, 1 / 99]))
    assert torch.isfinite(positive_weights(torch.zeros(2), torch.tensor([0.0, 10.0]), 1.0)).all()


def test_a_perfect_reading_of_the_map_costs_nothing_and_unknown_cells_neither():
    _, b = batch(0)
    shares = class_shares(b.classes, 4)
    assert shares.shape == (5, 4, 30, 30)
    assert shares[0, 2, 1, 1] == (b.classes[0, 4:8, 4:8] == 2).float().mean()
    pure = shares * (shares == 1)  # cells of one class; of the others nothing is known
    assert map_reading([pure * 60], pure).max() < 1e-5 < map_reading([pure * -60], pure).min()
    assert map_reading([torch.randn(5, 4, 15, 15)], torch.zeros_like(shares)).abs().max() == 0


# Turning and cutting


@given(seeds, st.integers(0, 3), st.booleans())
@settings(max_examples=15, deadline=None)
def test_turning_moves_bands_and_map_alike_and_keeps_labels(seed, quarters, mirror):
    before = sample(seed)
    after = turned(before, quarters, mirror)
    assert after.target is before.target and after.weight is before.weight
    for name, factor in (("B02", 1), ("B11", 2), ("B09", 6)):
        assert (after.bands[name].repeat(factor, 0).repeat(factor, 1) == after.classes + 1).all()
    assert len({np.rot90(before.bands["B09"], k).tobytes() for k in range(4)}) == 4
    back = turned(turned(after, 0, mirror), -quarters, False)
    assert (back.bands["B09"] == before.bands["B09"]).all()


@given(seeds, st.sampled_from([12, 36, 60, 96, 120]))
@settings(max_examples=15, deadline=None)
def test_a_crop_is_labelled_by_the_pixels_inside_it(seed, side):
    whole = sample(seed)
    crop = cut(whole, 120, side, np.random.default_rng(seed))
    assert [crop.bands[b].shape[0] for b in ("B02", "B11", "B09")] == [side, side // 2, side // 6]
    assert (crop.bands["B09"].repeat(6, 0).repeat(6, 1) == crop.bands["B02"]).all()
    inside = set(np.unique(crop.bands["B02"].astype(int) - 1).tolist()) - {NO_CLASS}
    assert set(np.flatnonzero(crop.target).tolist()) == inside
    assert (crop.weight == 1).all()


def test_a_crop_without_a_map_knows_only_what_is_absent():
    crop = cut(sample(3, mapped=False), 120, 60, np.random.default_rng(0))
    assert crop.classes is None and (crop.weight == (crop.target == 0)).all() and crop.weight.any()


def test_crops_reach_every_corner():
    corners = {
        c.bands["B09"].tobytes() for c in (cut(sample(1), 120, 60, np.random.default_rng(k)) for k in range(800))
    }
    assert len(corners) == 11 * 11


# Light, dropout of bands, mixing


def test_light_is_a_gain_of_reflectance_and_a_shift_in_decibels():
    linear = np.random.default_rng(0).uniform(0.01, 1, (1, 8, 8))
    dn, db = linear * 3000, 10 * np.log10(linear)
    prepare = Preprocess(INPUTS, 8)
    image = prepare(*(torch.from_numpy(x.astype(np.float32)) for x in (dn, dn, db)))
    lit = relit(image, INPUTS, 0.2, 0.0, random(0)) * prepare.std + prepare.mean
    gain = lit[0, 0] / torch.from_numpy(dn[0])
    assert gain.std() < 1e-4 and abs(gain.mean() - 1) > 0.01
    shift = lit[0, 2] - torch.from_numpy(db[0])
    assert shift.std() < 1e-3 and abs(shift.mean()) > 0.05
    hazy = relit(image, INPUTS, 0.0, 100.0, random(0)) * prepare.std + prepare.mean
    off = hazy - (image * prepare.std + prepare.mean)
    torch.testing.assert_close(off[0, 0], off[0, 1], atol=1e-2, rtol=1e-3)
    assert off[0, 0].abs().mean() > 1 and off[0, 2].abs().max() < 1e-4
    torch.testing.assert_close(relit(image, INPUTS, 0.0, 0.0, random(0)), image)


def test_blanked_bands_are_what_inference_fills_in():
    inputs = (INPUTS[0], replace(INPUTS[1], fill=1501.0))
    image = torch.randn(400, 2, 4, 4, generator=random(1))
    out = blanked(image, inputs, 0.3, random(2))
    assert torch.equal(out[:, 0], image[:, 0])
    gone = (out[:, 1] != image[:, 1]).flatten(1).all(1)
    filled = Preprocess(inputs, 4)(*(torch.full((1, 4, 4), v) for v in (400.0, 1501.0)))[0, 1]
    torch.testing.assert_close(out[gone, 1], filled.expand(int(gone.sum()), 4, 4))
    assert 80 < gone.sum() < 160


@given(seeds, st.floats(0.05, 5))
@settings(max_examples=15, deadline=None)
def test_mixup_blends_targets_as_it_blends_pixels(seed, alpha):
    image, b = batch(seed % 1000)
    image = b.target[:, :, None, None].expand(-1, -1, 4, 4)  # pixels that are the targets
    mixed, out = mixed_up(image, b, alpha, random(seed))
    torch.testing.assert_close(mixed[:, :, 0, 0], out.target)
    assert ((out.target >= 0) & (out.target <= 1)).all() and not out.mapped.any()
    torch.testing.assert_close(out.target.sum(0), b.target.sum(0))  # every target is given away as often as taken


@given(seeds, st.floats(0.2, 5))
@settings(max_examples=15, deadline=None)
def test_cutmix_with_maps_labels_the_pixels_that_are_there(seed, alpha):
    image, b = batch(seed % 1000)
    mixed, out = cut_mixed(image, b, alpha, random(seed))
    assert torch.equal(mixed[:, 0], out.classes.float()) and out.mapped.all()
    for i in range(len(image)):
        assert set(out.target[i].nonzero().flatten().tolist()) == set(out.classes[i].unique().tolist()) - {NO_CLASS}


def test_cutmix_without_maps_blends_by_area():
    image, b = batch(0, n=2, mapped=False)
    image = torch.stack([torch.zeros(1, 240, 240), torch.ones(1, 240, 240)])  # resized to twice the map
    other = False
    for seed in range(8):
        mixed, out = cut_mixed(image, b, 1.0, random(seed))
        share = 1 - mixed[0].mean() if mixed[0].mean() else torch.tensor(1.0)
        torch.testing.assert_close(out.target[0], share * b.target[0] + (1 - share) * b.target[1])
        other |= bool(0.1 < share < 0.9)
    assert other


def test_mixing_knows_no_more_than_both_did():
    image, b = batch(0)
    b = b._replace(weight=(torch.rand(5, 4, generator=random(5)) < 0.5).float())
    for mix in (mixed_up, cut_mixed):
        _, out = mix(image, b, 1.0, random(3))
        assert (out.weight <= b.weight).all() and out.weight.sum() < b.weight.sum()


# Schedule and config


def test_the_schedule_is_that_of_reben():
    """Warm-up of 1000 steps from a tenth, cosine down to a tenth over what is left of 46,459 steps."""
    total = 46459
    rates = [learning_rate(s, total, Config()) for s in (0, 500, 1000, (total + 1000) // 2, total)]
    assert rates == pytest.approx([1e-4, 5.5e-4, 1e-3, 5.5e-4, 1e-4], rel=1e-3)
    assert learning_rate(5, 50, Config()) == 1e-3  # a tenth of a short run


def as_toml(config):
    """What is None is left out, which means the same."""
    told = ((k, v) for k, v in asdict(config).items() if v is not None)
    return "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in told)


@pytest.mark.parametrize("form", ["toml", "json"])
def test_a_config_survives_its_file(form, tmp_path):
    config = Config(
        bands=("B02", "VV"), rate=3e-4, drop_path=0.1, flips=False, layers=(1, 2, 1, 1), classes=("Transitional woodland, shrub",)
    )  # fmt: skip
    path = tmp_path / f"c.{form}"
    path.write_text(as_toml(config) if form == "toml" else config.to_json())
    assert Config.read(path) == config and difference(Config.read(path), config) == []
    path.write_text(as_toml(Config()) if form == "toml" else Config().to_json())
    assert Config.read(path) == Config()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"lr": 0.1}, "unknown setting 'lr'"),
        ({"batchs": 3}, "Did you mean 'batch'"),
        ({"rate": "fast"}, "rate is 'fast'; needed is a number"),
        ({"rate": -1.0}, "rate is -1.0; it must be at least 0"),
        ({"rate": float("nan")}, "finite"),
        ({"epochs": 2.5}, "epochs is 2.5; needed is a whole number"),
        ({"epochs": True}, "epochs is True"),
        ({"flips": 1}, "flips is 1; needed is true or false"),
        ({"bands": ["B02", "B99"]}, "bands holds 'B99', which does not exist"),
        ({"bands": ["B02", "B02"]}, "names one twice"),
        ({"classes": ["Moon"]}, "classes holds 'Moon'"),
        ({"loss": "hinge"}, "Known are: bce, asl"),
        ({"crop": 50}, "multiple of 12"),
        ({"ema": 1.0}, "below 1"),
        ({"freeze": "backbone"}, "needs a model"),
        ({"model": "embedded", "width": 8}, "belong to a new network"),
        ({"band_dropout": 0.2}, "belong together"),
    ],
)  # fmt: skip
def test_a_config_refuses_nonsense_in_a_sentence(values, sentence):
    with pytest.raises(JobError) as e:
        Config.from_mapping({k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    assert sentence in str(e.value)


def test_what_differs_is_named_and_the_machine_does_not_count():
    assert difference(Config(), Config(device="cpu", workers=3, micro_batch=8)) == []
    assert difference(Config(), Config(rate=0.1)) == ["rate (0.001, 0.1)"]
    assert Config(bands=("s1",)).bands == BAND_SETS["s1"]
    assert {f.name for f in fields(Config)} == set(asdict(Config()))
