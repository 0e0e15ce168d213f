"""XML of others: parsed without entities, DTDs or external references, and of bounded size."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ..errors import DataError

MAX_BYTES = 32 * 2**20  # the largest real metadata file (MTD_TL.xml) has about 0.6 MB


def read_xml(text: bytes, name: str) -> Element:
    """The root element; DataError (naming ``name``) where the XML is broken, hostile or huge."""
    if len(text) > MAX_BYTES:
        raise DataError(f"{name} has more than {MAX_BYTES >> 20} MB, too much for metadata.", "", "xml")
    try:
        return fromstring(text, forbid_dtd=True)
    except DefusedXmlException as e:
        raise DataError(
            f"{name} holds a document type or entities, which metadata never needs.",
            "Do not trust this file; fetch the product again from its source.",
            "xml",
        ) from e
    except (ParseError, ValueError, LookupError) as e:
        raise DataError(f"{name} is not well-formed XML: {e}.", "Download the product again.", "xml") from e
