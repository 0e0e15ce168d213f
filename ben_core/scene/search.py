"""Find scenes in a STAC catalogue: by area, time and cloud, whatever of the search language its server knows."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from ..errors import DataError, JobError
from ..version import __version__
from .names import is_time
from .remote import address_of, hide
from .stac_item import crs_code

# Sentinel-2 Collection 1 (every scene at baseline 05.00 or later) as COGs, open to everybody. Its items state the offset
# of their pixels; the older collection "sentinel-2-l2a" of the same server is wrong about it now and then (Element84/
# earth-search issues 66 and 71).
CATALOG = "https://earth-search.aws.element84.com/v1"
COLLECTION = "sentinel-2-c1-l2a"
LIMIT = 100  # items, where the user says nothing
PAGE = 100  # items a request
TIMEOUT = 30  # seconds
RETRIES = 4  # with pauses of 0.5, 1, 2 and 4 s
BACKOFF = 0.5
MAX_CORNERS = 500  # of an area that is sent as it is; others are enclosed by something simpler
CLOUD = "eo:cloud_cover"


@dataclass(frozen=True)
class Found:
    """What a catalogue knows: items as JSON, oldest first; ``more``: the limit cut the list."""

    items: tuple[Mapping[str, Any], ...]
    more: bool

    def collection(self) -> dict[str, Any]:
        """An item collection as `ben map` takes it."""
        return {"type": "FeatureCollection", "features": list(self.items)}


def search(
    area: BaseGeometry,
    *,
    catalog: str = CATALOG,
    collection: str = COLLECTION,
    time: str | None = None,
    max_cloud: float | None = None,
    limit: int = LIMIT,
) -> Found:
    """Items that touch ``area`` (degrees), taken in ``time`` ("2022-06-01/2022-06-30", either side may be ".."), with
    at most ``max_cloud`` percent of cloud. Keys and tokens in the address of the catalogue stay out of messages.

    JobError where an option is wrong or pystac-client is not installed; DataError where the catalogue does not answer.
    """
    try:
        import pystac_client  # noqa: F401
    except ImportError as e:
        raise JobError(
            "Searching a catalogue needs pystac-client, which is not installed.",
            "pip install 'bigearthnet-mapper[stac]'",
        ) from e
    if not catalog.startswith(("http://", "https://")):
        raise JobError(f"--catalog {catalog!r} is no address of a STAC API.", f"It begins with https://, as {CATALOG}.")
    if time is not None:
        _check_time(time)
    shown = address_of(catalog)
    with _spoken(shown, collection):
        found = list(_items(catalog, collection, sent(area), time, max_cloud, limit + 1))
    for item in found:
        if not isinstance(item, dict) or not all(isinstance(item.get(k), t) for k, t in _NEEDED.items()):
            raise DataError(f"{shown} answers with something that is no STAC item.", "Is it a STAC API?", "catalog")
    if max_cloud is not None:  # a server may know no such question
        found = [item for item in found if (cloud := cloud_of(item)) is None or cloud <= max_cloud]
    kept = sorted(found[:limit], key=lambda item: (str(item["properties"].get("datetime")), item["id"]))
    return Found(tuple(kept), len(found) > limit)


_NEEDED = {"id": str, "properties": dict, "assets": dict}
_DAY = re.compile(r"(\d{4})(-\d\d)?(-\d\d)?")
_OPEN = ("", "..")


def _check_time(text: str) -> None:
    """JobError for what is neither a day, month, year or moment nor a span of two of them."""
    ends = text.split("/")
    good = len(ends) <= 2 and any(end not in _OPEN for end in ends) and (len(ends) == 2 or ends[0] not in _OPEN)
    for end in ends:
        m = _DAY.fullmatch(end)
        good &= end in _OPEN or is_time(f"{m[1]}{m[2] or '-01'}{m[3] or '-01'}" if m else end)
    if good and len(ends) == 2 and not set(ends) & set(_OPEN):
        good = ends[0] <= ends[1] or ends[0].startswith(ends[1])
    if not good:
        raise JobError(
            f"--time {text!r} is no time.", "For instance 2022-06-14, 2022-06, 2022-06-01/2022-06-30 or 2022-06-01/..."
        )


def cloud_of(item: Mapping[str, Any]) -> float | None:
    """Percent of cloud by the item, None where it does not say."""
    value = item["properties"].get(CLOUD)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def share_of(area: BaseGeometry, item: Mapping[str, Any]) -> float | None:
    """Share of the area that the item's outline covers; None where it has none."""
    try:
        outline = shapely.make_valid(shapely.from_geojson(_json(item.get("geometry"))))
    except (shapely.errors.GEOSException, TypeError, ValueError):
        return None
    return float(outline.intersection(area).area / area.area) if area.area > 0 and not outline.is_empty else None


def zone_of(item: Mapping[str, Any]) -> str | None:
    """The CRS of an item, or of the first of its assets that states one."""
    assets = [asset for asset in item["assets"].values() if isinstance(asset, dict)]
    return next((code for code in map(crs_code, (item["properties"], *assets)) if code), None)


def sent(area: BaseGeometry) -> BaseGeometry:
    """The area as it is sent to a server: itself, or what encloses it with few corners (its hull, its box)."""
    choices = (area, shapely.convex_hull(area))
    return next((a for a in choices if shapely.get_num_coordinates(a) <= MAX_CORNERS), shapely.envelope(area))


def _items(
    catalog: str, collection: str, area: BaseGeometry, time: str | None, max_cloud: float | None, limit: int
) -> Iterator[Any]:
    from pystac_client import Client
    from pystac_client.stac_api_io import StacApiIO
    from urllib3.util.retry import Retry

    retry = Retry(
        RETRIES,
        backoff_factor=BACKOFF,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,  # a server may ask for hours
    )
    io = StacApiIO(headers={"User-Agent": f"bigearthnet-mapper/{__version__}"}, max_retries=retry, timeout=TIMEOUT)
    client = Client.open(catalog, stac_io=io)
    options: dict[str, Any] = {}
    if max_cloud is not None and client.conforms_to("QUERY"):
        options["query"] = {CLOUD: {"lte": max_cloud}}
    elif max_cloud is not None and client.conforms_to("FILTER"):
        options["filter"] = {"op": "<=", "args": [{"property": CLOUD}, max_cloud]}
    found = client.search(
        collections=[collection],
        intersects=_json(area),
        datetime=time,
        limit=min(limit, PAGE),
        max_items=limit,
        **options,
    )
    yield from found.items_as_dicts()


def _json(geometry: Any) -> str:
    return shapely.to_geojson(geometry) if isinstance(geometry, BaseGeometry) else json.dumps(geometry)


@contextmanager
def _spoken(catalog: str, collection: str) -> Iterator[None]:
    """The errors of pystac-client and requests in one sentence; its warnings are for programmers."""
    import requests
    from pystac_client.exceptions import APIError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (APIError, requests.RequestException) as e:
        status = getattr(e, "status_code", None)  # not set where there was no answer at all
        passing = status is None or status == 429 or status >= 500
        if passing or status in (401, 403):
            raise DataError(
                f"The catalogue {catalog} {'does not answer' if passing else 'refuses the search'} "
                f"({f'HTTP {status}' if status else 'no connection'}).",
                "Try again later, or give another with --catalog. A proxy is set with HTTPS_PROXY."
                if passing
                else "Does it need a login? It is taken from ~/.netrc. Or give another with --catalog.",
                "catalog",
            ) from e
        raise DataError(
            f"The catalogue {catalog} does not answer the search (HTTP {status}: {_first_line(e)}).",
            f"Does it have a collection {collection!r}? Say which with --collection.",
            "catalog",
        ) from e
    except NotImplementedError as e:
        raise DataError(
            f"{catalog} is a STAC catalogue without a search.",
            "Give the address of a STAC API with --catalog.",
            "catalog",
        ) from e
    except (KeyError, AttributeError, TypeError) as e:
        raise DataError(f"{catalog} does not answer as a STAC API does.", "Is the address right?", "catalog") from e
    except Exception as e:  # pystac's errors of documents that are no STAC have no common base
        raise DataError(
            f"{catalog} does not answer as a STAC API does ({_first_line(e)}).", "Is the address right?", "catalog"
        ) from e


def _first_line(error: Exception) -> str:
    return hide((str(error).strip().splitlines() or [type(error).__name__])[0])[:200]
