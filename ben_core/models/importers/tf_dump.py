"""Write the variables of a TensorFlow checkpoint into an .npz file.

A script of its own, because TensorFlow and this package want different versions of NumPy:

    python tf_dump.py CHECKPOINT OUT.npz [MODULE]

CHECKPOINT is the prefix of a tf.train.Saver checkpoint (what stands before ".index"), MODULE the folder of a
TF1 Hub module (saved_model.pb): then what its graph does to its images before the first convolution, and its
answer to a made image, are written too. Needs Python 3.6, TensorFlow 1.15 or 2 and NumPy, nothing of this package.
"""

import os
import sys

# Left behind by training, no part of a network: the step, and the memory of optimisers.
TRAINING = ("global_step", "beta1_power", "beta2_power", "Adam", "Adam_1", "Momentum", "RMSProp", "RMSProp_1")


def dump(checkpoint, out, module=None):
    """Write arrays under their names: "v/NAME" for variables; of a module also "scale", "offset", "images", "features".

    scale and offset (1 or 3 numbers): the first convolution gets scale * image + offset.
    """
    import numpy
    import tensorflow

    reader = tensorflow.train.load_checkpoint(checkpoint)
    arrays = {
        "v/" + name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if name.rsplit("/", 1)[-1] not in TRAINING
    }
    if module is not None:
        arrays.update(read_module(module))
    with open(out, "wb") as file:
        numpy.savez(file, **arrays)


def read_module(folder):
    """The rescaling inside the inference graph of a TF1 Hub module, and its answer to a made image."""
    import numpy
    import tensorflow

    tf = tensorflow.compat.v1
    with tf.Graph().as_default(), tf.Session() as session:
        graph = tf.saved_model.loader.load(session, [], folder)
        signature = graph.signature_def["default"]
        images = tf.get_default_graph().get_tensor_by_name(next(iter(signature.inputs.values())).name)
        output = signature.outputs["default"].name
        scale, offset = rescaling(images, session)
        made = numpy.random.RandomState(0).uniform(0, 1, (2, 224, 224, 3)).astype("float32")
        features = session.run(output, {images: made})
    return {"scale": scale, "offset": offset, "images": made, "features": features}


def rescaling(tensor, session):
    """(scale, offset): what is done to ``tensor`` on its way to the first convolution.

    Raises ValueError for anything but sums, products and quotients with constants.
    """
    scale, offset = 1.0, 0.0
    while True:
        readers = [op for op in tensor.consumers() if op.type not in ("Shape", "Rank", "Size")]
        if len(readers) != 1:
            raise ValueError(f"the module reads its images in {len(readers)} ways")
        op = readers[0]
        if op.type == "Conv2D":
            return scale, offset
        if op.type in ("Identity", "Pad", "StopGradient", "PlaceholderWithDefault"):
            pass
        elif op.type in ("Mul", "Add", "AddV2", "BiasAdd", "Sub", "RealDiv"):
            first, second = op.inputs
            if op.type in ("Sub", "RealDiv") and second is tensor:
                raise ValueError("the module subtracts its images from something, or divides by them")
            c = session.run(second if first is tensor else first)
            if op.type in ("Mul", "RealDiv"):
                c = c if op.type == "Mul" else 1 / c
                scale, offset = scale * c, offset * c
            else:
                offset = offset + (c if op.type != "Sub" else -c)
        else:
            raise ValueError(f"the module applies {op.type} to its images")
        tensor = op.outputs[0]


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    dump(*sys.argv[1:])
