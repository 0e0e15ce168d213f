"""What the tests of Processing algorithms share: what a user is told, layers, items, runs in a thread as QGIS has them."""

import threading
import time

import fair
from person import BANDS
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsVectorLayer,
)

ALGORITHMS = ("mapscene", "mapmany", "adaptmodel", "sceneinfo", "zonestatistics", "evaluatemap")
# An adaptation to a few patches only: what is tested is the way there and back.
QUICK = {"METHOD": "bn-only", "STRIDE": 120, "BLOCK": 1, "EXTENT": "363000,370200,1977000,1984200 [EPSG:32648]"}


class Heard(QgsProcessingFeedback):
    """What the user is told."""

    def __init__(self):
        super().__init__(False)
        self.words, self.values, self.errors = [], [], []
        self.progressChanged.connect(self.values.append)

    def pushInfo(self, text):
        self.words.append(text)

    pushWarning = pushCommandInfo = setProgressText = pushInfo

    def reportError(self, text, fatalError=False):
        self.errors.append(text)


def zones_layer(rectangles, crs="EPSG:32648"):
    layer = QgsVectorLayer(f"Polygon?crs={crs}&field=name:string", "zones", "memory")
    for name, (x, y, w, h) in rectangles.items():
        feature = QgsFeature(layer.fields())
        feature["name"] = name
        feature.setGeometry(QgsGeometry.fromWkt(f"POLYGON(({x} {y},{x + w} {y},{x + w} {y + h},{x} {y + h},{x} {y}))"))
        assert layer.dataProvider().addFeature(feature)
    return layer


def stac_item(name, folder):
    """Band files as a STAC item."""
    assets = {b: {"href": str(folder / f"{b}.tif"), "type": "image/tiff; application=geotiff"} for b in BANDS}
    properties = {"datetime": "2020-02-23T03:37:29Z", "platform": "sentinel-2a", "s2:processing_baseline": "02.14"}
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "collection": "sentinel-2-l2a", "geometry": None,
        "properties": properties, "assets": assets, "links": [],
    }  # fmt: skip


def in_thread(provider, name, parameters, feedback):
    """Run as QGIS does, in a background thread; (thread, what it came to)."""
    algorithm = provider.algorithm(name).create()
    context = QgsProcessingContext()
    assert algorithm.prepare(parameters, context, feedback)
    ended = {}

    def work():
        try:
            ended["results"] = algorithm.runPrepared(parameters, context, feedback)
        except QgsProcessingException as e:
            ended["error"] = str(e)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, ended


def cancel(feedback, thread, ended, seconds=2):
    """A person's Cancel: the run ends with nothing, in ``seconds`` at most."""
    begun = fair.now()
    feedback.cancel()
    thread.join(60)
    assert not thread.is_alive() and fair.now() - begun < seconds
    assert ended == {"results": {}}


def wait_for(condition):
    end = time.monotonic() + 300  # s; the machine may be busy
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
