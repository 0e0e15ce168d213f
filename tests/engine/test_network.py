"""Networks: the published parameter names and counts, and cards that describe none."""

import pytest

from ben_core.errors import ModelError
from ben_core.models.networks import build

torch = pytest.importorskip("torch")

RESNET18 = {"family": "resnet", "block": "basic", "layers": [2, 2, 2, 2], "in_chans": 10, "num_classes": 19}
RESNET50 = {"family": "resnet", "block": "bottleneck", "layers": [3, 4, 6, 3], "in_chans": 10, "num_classes": 19}
RESNET101 = RESNET50 | {"layers": [3, 4, 23, 3]}
SMALL = RESNET18 | {"width": 8, "layers": [1, 1, 1, 1], "in_chans": 3}


def parameters(network) -> int:
    return sum(p.numel() for p in network.parameters())


# Counts of the published reBEN networks with C channels and 19 outputs: base + 3136 C + head
# (10-channel resnet50: 23,568,915 trainable numbers on the Hugging Face Hub).
@pytest.mark.parametrize(
    ("architecture", "base", "head"),
    [(RESNET18, 11_167_104, 9_747), (RESNET50, 23_498_624, 38_931), (RESNET101, 42_490_752, 38_931)],
    ids=["resnet18", "resnet50", "resnet101"],
)
@pytest.mark.parametrize("channels", [2, 10, 12])
def test_counts_of_the_published_networks(architecture, base, head, channels):
    with torch.device("meta"):
        network = build(architecture | {"in_chans": channels})
    assert parameters(network) == base + 3136 * channels + head


def published_keys(depths: list[int], convolutions: int) -> set[str]:
    """The state-dict keys of torchvision's and timm's ResNets, from their naming rule."""
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    keys = {"conv1.weight", "fc.weight", "fc.bias"} | {f"bn1.{n}" for n in norm}
    for stage, depth in enumerate(depths, 1):
        for block in range(depth):
            at = f"layer{stage}.{block}"
            for i in range(1, convolutions + 1):
                keys |= {f"{at}.conv{i}.weight"} | {f"{at}.bn{i}.{n}" for n in norm}
            # A basic block of the first stage changes neither size nor channels.
            if block == 0 and (stage > 1 or convolutions == 3):
                keys |= {f"{at}.downsample.0.weight"} | {f"{at}.downsample.1.{n}" for n in norm}
    return keys


@pytest.mark.parametrize(("architecture", "convolutions"), [(RESNET18, 2), (RESNET50, 3)], ids=["resnet18", "resnet50"])
def test_keys_are_those_of_torchvision_and_timm(architecture, convolutions):
    with torch.device("meta"):
        state = build(architecture).state_dict()
    assert set(state) == published_keys(architecture["layers"], convolutions)


def test_shapes_where_the_libraries_could_differ():
    with torch.device("meta"):
        state = build(RESNET50).state_dict()
    shape = {k: tuple(v.shape) for k, v in state.items()}
    assert shape["conv1.weight"] == (64, 10, 7, 7)
    assert shape["layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert shape["layer4.2.conv2.weight"] == (512, 512, 3, 3)
    assert shape["fc.weight"] == (19, 2048)


def test_the_stride_of_a_bottleneck_is_on_its_3x3_convolution():
    with torch.device("meta"):
        block = build(RESNET50).layer2[0]
    assert (block.conv1.stride, block.conv2.stride) == ((1, 1), (2, 2))


def test_forward_is_the_classifier_on_the_pooled_features():
    torch.manual_seed(0)
    network = build(SMALL).eval()
    x = torch.randn(2, 3, 50, 70)
    features = network.forward_features(x)
    assert features.shape == (2, network.num_features) == (2, 64)
    assert torch.equal(network(x), network.fc(features))
    last = network.forward_maps(x)[-1]
    assert last.shape == (2, 64, 2, 3)
    assert torch.allclose(last.mean((2, 3)), features, atol=1e-6)


def test_the_maps_halve_from_stage_to_stage():
    maps = build(SMALL).forward_maps(torch.zeros(2, 3, 128, 64))
    assert [tuple(m.shape) for m in maps] == [(2, 8, 32, 16), (2, 16, 16, 8), (2, 32, 8, 4), (2, 64, 4, 2)]


def test_drop_path_acts_in_training_only_and_keeps_the_mean():
    from ben_core.models.networks.resnet import DropPath

    torch.manual_seed(0)
    drop, x = DropPath(0.25), torch.ones(20_000, 1, 1, 1)
    assert torch.equal(drop.eval()(x), x)
    y = drop.train()(x)
    assert y.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert y.mean().item() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    "change",
    [
        {"family": "vit"},
        {"family": None},
        {"block": "dense"},
        {"block": ["basic"]},
        {"layers": [2, 2, 2]},
        {"layers": [2, 2, 2, 0]},
        {"layers": [2, 2, 2, 10**9]},
        {"layers": "2222"},
        {"in_chans": 0},
        {"in_chans": True},
        {"num_classes": 1.5},
        {"width": 10**8},
        {"drop_path": 1.0},
        {"drop_path": "0"},
        {"activation": "gelu"},
    ],
    ids=str,
)
def test_a_card_that_describes_no_network_is_refused(change):
    with pytest.raises(ModelError, match="model card"):
        build(SMALL | change)


def test_a_missing_entry_is_refused():
    for key in ("family", "block", "layers", "in_chans", "num_classes"):
        with pytest.raises(ModelError):
            build({k: v for k, v in SMALL.items() if k != key})
