"""What the tests of Processing algorithms share: what a user is told, layers, runs in a thread as QGIS has them."""

import threading
import time

from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsVectorLayer,
)


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


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
