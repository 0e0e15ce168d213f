"""Names that travel: bands of Sentinel-1/2 and the 19 land-cover classes of BigEarthNet.

Standard library only, Python 3.9 syntax: QGIS imports this module too.
"""

from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Tuple


@dataclass(frozen=True)
class Band:
    """One spectral band or polarisation.

    ``resolution`` is the native pixel size in metres, ``wavelength`` the central one of
    Sentinel-2A in nm (MTD_MSIL2A.xml, Spectral_Information; None for radar),
    ``common_name`` that of the STAC EO extension (None where it has none).
    """

    name: str
    resolution: int
    sensor: str
    wavelength: Optional[float] = None
    common_name: Optional[str] = None


BANDS: Mapping[str, Band] = {
    b.name: b
    for b in (
        Band("B01", 60, "sentinel-2", 442.7, "coastal"),
        Band("B02", 10, "sentinel-2", 492.7, "blue"),
        Band("B03", 10, "sentinel-2", 559.8, "green"),
        Band("B04", 10, "sentinel-2", 664.6, "red"),
        Band("B05", 20, "sentinel-2", 704.1, "rededge071"),
        Band("B06", 20, "sentinel-2", 740.5, "rededge075"),
        Band("B07", 20, "sentinel-2", 782.8, "rededge078"),
        Band("B08", 10, "sentinel-2", 832.8, "nir"),
        Band("B8A", 20, "sentinel-2", 864.7, "nir08"),
        Band("B09", 60, "sentinel-2", 945.1, "nir09"),
        Band("B10", 60, "sentinel-2", 1373.5, "cirrus"),
        Band("B11", 20, "sentinel-2", 1613.7, "swir16"),
        Band("B12", 20, "sentinel-2", 2202.4, "swir22"),
        Band("VV", 10, "sentinel-1"),
        Band("VH", 10, "sentinel-1"),
    )
}

S2_BANDS: Tuple[str, ...] = tuple(n for n, b in BANDS.items() if b.sensor == "sentinel-2")
S1_BANDS: Tuple[str, ...] = tuple(n for n, b in BANDS.items() if b.sensor == "sentinel-1")


@dataclass(frozen=True)
class LandCover:
    """One of the 19 classes: name, display colour (#rrggbb), CORINE level-3 codes it unites."""

    name: str
    colour: str
    clc_codes: Tuple[int, ...]


# Order, codes: label_indices.json of BigEarthNet-MM_19-classes_models; colours: torchgeo
# BigEarthNetV2.clc_colors, the official CORINE colour of a class's first code.
_CLASSES: Tuple[LandCover, ...] = (
    LandCover("Urban fabric", "#e6004d", (111, 112)),
    LandCover("Industrial or commercial units", "#cc4df2", (121,)),
    LandCover("Arable land", "#ffffa8", (211, 212, 213)),
    LandCover("Permanent crops", "#e68000", (221, 222, 223, 241)),
    LandCover("Pastures", "#e6e64d", (231,)),
    LandCover("Complex cultivation patterns", "#ffe64d", (242,)),
    LandCover(
        "Land principally occupied by agriculture, with significant areas of natural vegetation", "#e6cc4d", (243,)
    ),
    LandCover("Agro-forestry areas", "#f2cca6", (244,)),
    LandCover("Broad-leaved forest", "#80ff00", (311,)),
    LandCover("Coniferous forest", "#00a600", (312,)),
    LandCover("Mixed forest", "#4dff00", (313,)),
    LandCover("Natural grassland and sparsely vegetated areas", "#ccf24d", (321, 333)),
    LandCover("Moors, heathland and sclerophyllous vegetation", "#a6ff80", (322, 323)),
    LandCover("Transitional woodland, shrub", "#a6f200", (324,)),
    LandCover("Beaches, dunes, sands", "#e6e6e6", (331,)),
    LandCover("Inland wetlands", "#a6a6ff", (411, 412)),
    LandCover("Coastal wetlands", "#ccccff", (421, 422)),
    LandCover("Inland waters", "#80f2e6", (511, 512)),
    LandCover("Marine waters", "#e6f2ff", (521, 522, 523)),
)

CLASSES: Mapping[str, LandCover] = {c.name: c for c in _CLASSES}

# The two published orders of the 19 outputs. Never index probabilities without one of them.
ORDER_ORIGINAL: Tuple[str, ...] = tuple(c.name for c in _CLASSES)  # TensorFlow models, torchgeo
ORDER_ALPHABETICAL: Tuple[str, ...] = tuple(sorted(ORDER_ORIGINAL))  # reBEN, ConfigILM


def class_of_clc(code: int) -> Optional[str]:
    """Class name of a CORINE level-3 code; None for the codes outside the 19 classes."""
    for c in _CLASSES:
        if code in c.clc_codes:
            return c.name
    return None


# The 43 labels of BigEarthNet v1 by CORINE level-3 code, in their published order (label_indices.json of
# BigEarthNet-MM_19-classes_models). Mind "woodland/shrub": the 19 classes spell it with a comma.
LABELS_43: Mapping[int, str] = {
    111: "Continuous urban fabric",
    112: "Discontinuous urban fabric",
    121: "Industrial or commercial units",
    122: "Road and rail networks and associated land",
    123: "Port areas",
    124: "Airports",
    131: "Mineral extraction sites",
    132: "Dump sites",
    133: "Construction sites",
    141: "Green urban areas",
    142: "Sport and leisure facilities",
    211: "Non-irrigated arable land",
    212: "Permanently irrigated land",
    213: "Rice fields",
    221: "Vineyards",
    222: "Fruit trees and berry plantations",
    223: "Olive groves",
    231: "Pastures",
    241: "Annual crops associated with permanent crops",
    242: "Complex cultivation patterns",
    243: "Land principally occupied by agriculture, with significant areas of natural vegetation",
    244: "Agro-forestry areas",
    311: "Broad-leaved forest",
    312: "Coniferous forest",
    313: "Mixed forest",
    321: "Natural grassland",
    322: "Moors and heathland",
    323: "Sclerophyllous vegetation",
    324: "Transitional woodland/shrub",
    331: "Beaches, dunes, sands",
    332: "Bare rock",
    333: "Sparsely vegetated areas",
    334: "Burnt areas",
    411: "Inland marshes",
    412: "Peatbogs",
    421: "Salt marshes",
    422: "Salines",
    423: "Intertidal flats",
    511: "Water courses",
    512: "Water bodies",
    521: "Coastal lagoons",
    522: "Estuaries",
    523: "Sea and ocean",
}


def classes_of_labels_43(labels: Iterable[str]) -> Tuple[str, ...]:
    """The 19-class names of some of the 43 labels, in ORDER_ORIGINAL; the eleven labels outside the 19 are dropped.

    Raises KeyError for a name that is none of the 43.
    """
    classes = {class_of_clc(_CODE_OF_LABEL[label]) for label in labels}
    return tuple(name for name in ORDER_ORIGINAL if name in classes)


_CODE_OF_LABEL = {label: code for code, label in LABELS_43.items()}


@dataclass(frozen=True)
class Legend:
    """A user's own legend: each group unites some of the 19 classes.

    ``groups`` maps a group's name to its classes, ``colours`` to its colour (#rrggbb).
    A group's probability is that of its most probable class (a label means presence, and
    classes of one group exclude nothing, so the maximum is a lower bound that stays honest).
    """

    title: str
    groups: Mapping[str, Tuple[str, ...]]
    colours: Mapping[str, str]

    def __post_init__(self) -> None:
        seen: Dict[str, str] = {}
        if not self.groups:
            raise ValueError("legend %r has no group" % self.title)
        for group, names in self.groups.items():
            if not names:
                raise ValueError("group %r of legend %r names no class" % (group, self.title))
            if group not in self.colours:
                raise ValueError("group %r of legend %r has no colour" % (group, self.title))
            for name in names:
                if name not in CLASSES:
                    raise ValueError("group %r names %r, which is none of the 19 classes" % (group, name))
                if name in seen:
                    raise ValueError("%r stands in two groups, %r and %r" % (name, seen[name], group))
                seen[name] = group


def _legend(title: str, names: Sequence[Tuple[Tuple[str, ...], str, str]]) -> Legend:
    groups: Dict[str, Tuple[str, ...]] = {}
    colours: Dict[str, str] = {}
    for prefixes, name, colour in names:
        members: List[str] = []
        for c in _CLASSES:
            if str(c.clc_codes[0]).startswith(prefixes):
                members.append(c.name)
        groups[name] = tuple(members)
        colours[name] = colour
    return Legend(title, groups, colours)


# CORINE levels 1 and 2 by the first code of each class. Two classes straddle level 2:
# "Permanent crops" (221-223 and 241) goes to 22, "Natural grassland and sparsely vegetated
# areas" (321 and 333) to 32. Names and codes: CORINE nomenclature; colours: level-3 ones.
CLC_LEVEL_1 = _legend(
    "CORINE level 1",
    (
        (("1",), "Artificial surfaces", "#e6004d"),
        (("2",), "Agricultural areas", "#ffffa8"),
        (("3",), "Forest and semi-natural areas", "#4dff00"),
        (("4",), "Wetlands", "#a6a6ff"),
        (("5",), "Water bodies", "#00ccf2"),
    ),
)
CLC_LEVEL_2 = _legend(
    "CORINE level 2",
    (
        (("11",), "Urban fabric", "#e6004d"),
        (("12",), "Industrial, commercial and transport units", "#cc4df2"),
        (("21",), "Arable land", "#ffffa8"),
        (("22",), "Permanent crops", "#e68000"),
        (("23",), "Pastures", "#e6e64d"),
        (("24",), "Heterogeneous agricultural areas", "#ffe64d"),
        (("31",), "Forests", "#00a600"),
        (("32",), "Scrub and/or herbaceous vegetation associations", "#a6f200"),
        (("33",), "Open spaces with little or no vegetation", "#e6e6e6"),
        (("41",), "Inland wetlands", "#a6a6ff"),
        (("42",), "Maritime wetlands", "#ccccff"),
        (("51",), "Inland waters", "#80f2e6"),
        (("52",), "Marine waters", "#e6f2ff"),
    ),
)
LEGENDS: Mapping[str, Legend] = {"clc1": CLC_LEVEL_1, "clc2": CLC_LEVEL_2}
