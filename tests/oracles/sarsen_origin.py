"""sarsen and xarray-sentinel on a GRD product, in an environment of their own (tools/oracle-venv-sarsen.sh).

python sarsen_origin.py SAFE DEM.tif OUT.npz TOP BOTTOM LEFT RIGHT

DEM.tif holds heights above the ellipsoid on the grid of the result. In OUT.npz, north up: azimuth_time (seconds after
the first line), slant_range_time, ground_range (m), sigma0 (bilinear in power), and "window", sigma0 of the image's
lines TOP to BOTTOM and pixels LEFT to RIGHT, which are all that is sampled (the whole image takes over 10 GB).
sarsen itself geocodes beta0: its table is replaced by that of sigma0.
"""

import sys

import numpy as np
import xarray_sentinel
from sarsen import Sentinel1SarProduct, apps, orbit, scene

FINE = 1e-4  # metres along track to which the zero-Doppler equation is solved; sarsen's own 1 m is a tenth of a line


class Sigma0Product(Sentinel1SarProduct):
    def beta_nought(self, persist=False):
        measurement = self.measurement.data_vars["measurement"]
        measurement = measurement.isel(azimuth_time=self.part[0], ground_range=self.part[1])
        power = xarray_sentinel.calibrate_intensity(measurement, self.calibration.sigmaNought)
        return power.drop_vars(["pixel", "line"]).compute()

    __hash__ = Sentinel1SarProduct.__hash__


def main(safe, dem, out, top, bottom, left, right):
    product = Sigma0Product(safe, "IW/VV")
    product.part = slice(int(top), int(bottom)), slice(int(left), int(right))
    raster = scene.open_dem_raster(dem)
    ecef = scene.convert_to_dem_ecef(raster)
    path = orbit.OrbitPolyfitInterpolator.from_position(product.state_vectors())
    seen = apps.simulate_acquisition(
        ecef, path, {"slant_range_time", "azimuth_time"}, zero_doppler_distance=FINE, maxiter=30
    )
    ground_range = product.slant_range_time_to_ground_range(seen.azimuth_time, seen.slant_range_time)
    first = np.datetime64(product.measurement.attrs["product_first_line_utc_time"])
    # Their rasters run from south to north.
    np.savez(
        out,
        azimuth_time=((seen.azimuth_time - first) / np.timedelta64(1, "ns")).values[::-1] / 1e9,
        slant_range_time=seen.slant_range_time.values[::-1],
        ground_range=ground_range.values[::-1],
        sigma0=apps.geocode_grd_chunk(seen, product, method="linear").values[::-1],
        window=product.beta_nought().values,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
