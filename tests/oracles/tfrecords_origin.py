"""TensorFlow's side of ``ben splits``: parse TFRecords as the published training code does.

python tfrecords_origin.py IN.tfrecord OUT.npz SENTINEL1   every feature of every record, NAME/INDEX
python tfrecords_origin.py write OUT.tfrecord              one record of three bytes

The description of the features is that of bigearthnet-models-tf, BigEarthNet.py, and of
BigEarthNet-MM_19-classes_models, prep_splits_19_classes.py.
"""

import sys

import numpy as np
import tensorflow as tf

SIZES = {"B01": 400, "B09": 400, **dict.fromkeys(("B02", "B03", "B04", "B08"), 14400),
         **dict.fromkeys(("B05", "B06", "B07", "B8A", "B11", "B12"), 3600)}  # fmt: skip


def main() -> None:
    if sys.argv[1] == "write":
        with tf.io.TFRecordWriter(sys.argv[2]) as writer:
            writer.write(b"abc")
        return
    features = {band: tf.io.FixedLenFeature([size], tf.int64) for band, size in SIZES.items()}
    features["BigEarthNet-19_labels"] = tf.io.VarLenFeature(tf.string)
    features["BigEarthNet-19_labels_multi_hot"] = tf.io.FixedLenFeature([19], tf.int64)
    features["patch_name_s2"] = tf.io.FixedLenFeature([], tf.string)
    if sys.argv[3] == "1":
        features.update({band: tf.io.FixedLenFeature([14400], tf.float32) for band in ("VV", "VH")})
        features["patch_name_s1"] = tf.io.FixedLenFeature([], tf.string)
    read = {}
    for i, raw in enumerate(tf.data.TFRecordDataset(sys.argv[1])):
        for name, value in tf.io.parse_single_example(raw, features).items():
            value = value.values if isinstance(value, tf.SparseTensor) else value
            read[f"{name}/{i}"] = np.asarray(value.numpy(), np.bytes_ if value.dtype == tf.string else None)
    np.savez(sys.argv[2], **read)


main()
