"""The banks of the embedded models: python -m ben_core.adapt.default_banks --data DIR --out ben_core/embedded

Features, labels and answers of the same patches that the models were trained on (``learn.default``), 16-bit, about
45 kB each. BigEarthNet's licence, CDLA-Permissive-1.0, lets what is computed from its data be passed on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..learn.default.real_data import BANDS, open_real_data
from .bank import SUFFIX, make_bank

LICENCE = "CDLA-Permissive-1.0 (computed from BigEarthNet)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds bigearthnet/")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the embedded models")
    options = parser.parse_args()
    for sensors in BANDS:
        data = open_real_data(options.data, sensors)
        data.title = "labelled BigEarthNet patches of the embedded models"  # type: ignore[misc]
        card, out = options.out / f"{sensors}.json", options.out / f"{sensors}{SUFFIX}"
        bank = make_bank(data, str(card), out, licence=LICENCE, device="cpu", overwrite=True)
        print(f"{sensors}: {len(bank)} patches, {out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
