"""The origin's side of the TensorFlow families, run by TensorFlow and TF-Slim in an environment of their own.

python tf_origin.py checkpoint NAME MODALITY PATCHES.npz FOLDER   a tf.train.Saver checkpoint; FOLDER/origin.npz
python tf_origin.py hub PATCHES.npz FOLDER                        a TF1 Hub module; FOLDER/origin.npz
python tf_origin.py bicubic IN.npz OUT.npz                        the resize alone
python tf_origin.py references OUT.npz                            narrow networks, for tests without TensorFlow

NAME is resnet_v1_50 (101, 152), vgg_16 or vgg_19, MODALITY S2, S1 or MM. PATCHES.npz: one array a band,
(N, h, w) at native size. The pipeline is that of bigearthnet-models-tf, main_model.py 1.1.1: normalise,
stack, resize the 20 m bands, network.
"""

import json
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tensorflow
import tensorflow.compat.v1 as tf
import tf_slim as slim
from made_weights import made, made_images
from tf_slim.nets import resnet_utils, resnet_v1, resnet_v2, vgg

tf.disable_v2_behavior()

# bigearthnet-models-tf, BigEarthNet.py
STATS = {
    "B02": (429.9430203, 572.41639287),
    "B03": (614.21682446, 582.87945694),
    "B04": (590.23569706, 675.88746967),
    "B05": (950.68368468, 729.89827633),
    "B06": (1792.46290469, 1096.01480586),
    "B07": (2075.46795189, 1273.45393088),
    "B08": (2218.94553375, 1365.45589904),
    "B8A": (2266.46036911, 1356.13789355),
    "B11": (1594.42694882, 1079.19066363),
    "B12": (1009.32729131, 818.86747235),
    "VV": (-12.619993741972035, 5.115911777546365),
    "VH": (-19.29044597721542, 5.464428464912864),
}
BANDS_10M = ("B04", "B03", "B02", "B08")
BANDS_20M = ("B05", "B06", "B07", "B8A", "B11", "B12")
BANDS_S1 = ("VV", "VH")


def main(command, *arguments):
    {"checkpoint": checkpoint, "hub": hub, "bicubic": bicubic, "references": references}[command](*arguments)


def checkpoint(name, modality, patches, folder):
    bands = dict(np.load(patches))
    folder = Path(folder)
    with tf.Graph().as_default(), tf.Session() as session:
        image = pipeline(bands, modality)
        logits, features = network(name, image, 19)
        fill(session)
        # A training run leaves more than the network: its step and the optimiser's memory.
        step = tf.train.get_or_create_global_step()
        slot = tf.get_variable(f"{tf.trainable_variables()[0].op.name}/Adam", [3], initializer=tf.ones_initializer())
        session.run([step.initializer, slot.initializer])
        tf.train.Saver().save(session, str(folder / "Made_BigEarthNetMM-19_labels"))
        got = session.run({"logits": logits, "features": features})
    np.savez(folder / "origin.npz", **got)


def pipeline(bands, modality):
    x = {b: ((v - STATS[b][0]) / STATS[b][1]).astype(np.float32) for b, v in bands.items() if b in STATS}
    parts = []
    if modality in ("S2", "MM"):
        parts.append(tf.stack([tf.constant(x[b]) for b in BANDS_10M], axis=3))
        parts.append(tf.image.resize_bicubic(tf.stack([tf.constant(x[b]) for b in BANDS_20M], axis=3), [120, 120]))
    if modality in ("S1", "MM"):
        parts.append(tf.stack([tf.constant(x[b]) for b in BANDS_S1], axis=3))
    return tf.concat(parts, axis=3)


def network(name, image, classes, width=64):
    """(logits or None, pooled features), both (N, …), of the origin's network; narrow where ``width`` says so."""
    scope = name
    if name.startswith("vgg"):
        with patched(vgg.layers, "conv2d", origin_convolution(width)), slim.arg_scope(vgg.vgg_arg_scope()):
            logits, _ = getattr(vgg, name)(image, classes, is_training=False)
        return logits, tf.squeeze(tf.get_default_graph().get_tensor_by_name(f"{scope}/global_pool:0"), [1, 2])
    module, block = (resnet_v2, resnet_v2.resnet_v2_block) if "_v2_" in name else (resnet_v1, resnet_v1.resnet_v1_block)
    with patched(resnet_utils, "conv2d_same", root_convolution(width)), slim.arg_scope(resnet_utils.resnet_arg_scope()):
        if width == 64:
            logits, _ = getattr(module, name)(image, classes or None, is_training=False)
        else:
            blocks = [block(f"block{k + 1}", width * 2**k, n, 1 if k == 3 else 2) for k, n in enumerate((3, 4, 6, 3))]
            build = module.resnet_v2 if module is resnet_v2 else module.resnet_v1
            logits, _ = build(image, blocks, classes or None, is_training=False, scope=scope)
    pooled = tf.squeeze(tf.get_default_graph().get_tensor_by_name(f"{scope}/pool5:0"), [1, 2])
    return tf.squeeze(logits, [1, 2]) if classes else None, pooled


def origin_convolution(width):
    """slim's convolution, as the origin's copy of nets/vgg.py calls it.

    tf_slim 1.1.0 carries an older nets/vgg.py than tensorflow/models, from which the origin took its own: its
    arguments fc_conv_padding="SAME" and global_pool=True pad fc6 and average what fc8 gets.
    """
    conv2d = vgg.layers.conv2d

    def convolution(inputs, chans, *more, **told):
        if told["scope"] == "fc8":
            return conv2d(tf.reduce_mean(inputs, [1, 2], keepdims=True, name="global_pool"), chans, *more, **told)
        if told["scope"] == "fc6":
            told["padding"] = "SAME"
        return conv2d(inputs, chans * width // 64, *more, **told)

    convolution._key_op = conv2d._key_op  # under which arg_scope knows it
    return convolution


def root_convolution(width):
    conv2d_same = resnet_utils.conv2d_same

    def convolution(inputs, chans, kernel, *more, **told):
        return conv2d_same(inputs, width if kernel == 7 else chans, kernel, *more, **told)

    return convolution


@contextmanager
def patched(owner, name, function):
    before = getattr(owner, name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, before)


def fill(session):
    """Give every variable its made value."""
    for v in tf.global_variables():
        v.load(made(v.op.name, v.shape.as_list()), session)


def hub(patches, folder):
    """A module as TF Hub's own library writes it, both graph variants, with a rescaling of its own inside."""
    import tensorflow_hub

    def module(training):
        images = tf.placeholder(tf.float32, [None, None, None, 3])
        with slim.arg_scope(resnet_utils.resnet_arg_scope()):
            net, _ = resnet_v2.resnet_v2_50(images * 2.0 - 1.0, None, is_training=training, global_pool=True)
        tf.get_default_graph().clear_collection("resnet_v2_50/_end_points")  # TF Hub writes none of others' kinds
        tensorflow_hub.add_signature("image_feature_vector", {"images": images}, {"default": tf.squeeze(net, [1, 2])})
        tensorflow_hub.add_signature("default", {"images": images}, {"default": tf.squeeze(net, [1, 2])})

    spec = tensorflow_hub.create_module_spec(module, [(set(), {"training": False}), ({"train"}, {"training": True})])
    rgb = np.stack([np.load(patches)[b] for b in ("B04", "B03", "B02")], axis=-1)
    with tf.Graph().as_default(), tf.Session() as session:
        loaded = tensorflow_hub.Module(spec)
        images = tf.placeholder(tf.float32, [None, 120, 120, 3])
        resized = tensorflow.image.resize(images, [224, 224])  # of TensorFlow 2: bilinear, pixel centres
        features = loaded(resized)
        session.run(tf.global_variables_initializer())
        for v in tf.global_variables():
            v.load(made(v.op.name.removeprefix("module/"), v.shape.as_list()), session)
        loaded.export(str(Path(folder) / "module"), session)
        got = session.run(features, {images: np.clip(rgb / 2000.0, 0, 1)})
    np.savez(Path(folder) / "origin.npz", features=got)


def bicubic(given, out):
    with tf.Graph().as_default(), tf.Session() as session:
        np.savez(
            out,
            **{
                k: session.run(tf.image.resize_bicubic(v[..., None].astype(np.float32), [120, 120]))[..., 0]
                for k, v in np.load(given).items()
            },
        )


def references(out):
    """Logits and features of networks an eighth as wide, on made images, with the names of their variables."""
    answers = {}
    for name, sides, chans in (
        ("resnet_v1_50", (120, 97), 10),
        ("resnet_v2_50", (64, 97), 3),
        ("vgg_16", (120, 97), 2),
        ("vgg_19", (64, 97), 2),
    ):
        with tf.Graph().as_default(), tf.Session() as session:
            image = made_images(name, [2, *sides, chans])
            logits, features = network(name, tf.constant(image), 19, width=8)
            fill(session)
            answers[f"{name}/logits"], answers[f"{name}/features"] = session.run([logits, features])
            shapes = {v.op.name: v.shape.as_list() for v in tf.global_variables()}
            answers[f"{name}/variables"] = np.array(json.dumps(shapes))
    with tf.Graph().as_default(), tf.Session() as session:
        for side in (60, 20, 120):
            image = made_dn(side)
            answers[f"bicubic/{side}"] = session.run(tf.image.resize_bicubic(image, [120, 120]))[0, ::7, ::7, 0]
    np.savez_compressed(out, **answers)


def made_dn(side):
    """(1, side, side, 1) of Sentinel-2 numbers."""
    return np.random.default_rng(side).integers(0, 20000, (1, side, side, 1)).astype(np.float32)


if __name__ == "__main__":
    main(*sys.argv[1:])
