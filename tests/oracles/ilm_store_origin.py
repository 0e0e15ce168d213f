"""ConfigILM's side of a store: its BENv2DataSet reads the folder.

python ilm_store_origin.py STORE CHANNELS OUT.npz   images and labels by patch
"""

import sys
from pathlib import Path

import numpy as np
from configilm.extra.DataSets.BENv2_DataSet import BENv2DataSet

store = Path(sys.argv[1])
data = BENv2DataSet(
    {
        "images_lmdb": store / "patches.lmdb",
        "metadata_parquet": store / "metadata.parquet",
        "metadata_snow_cloud_parquet": store / "metadata_for_patches_with_snow_cloud_or_shadow.parquet",
    },
    split="train",
    img_size=(int(sys.argv[2]), 120, 120),
)
read = {}
for i in range(len(data)):
    image, labels = data[i]
    name = data.get_patchname_from_index(i)
    read[f"{name}/image"], read[f"{name}/labels"] = image.numpy(), labels.numpy()
np.savez(sys.argv[3], **read)
