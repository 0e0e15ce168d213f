"""Names, numbers and days as people read them, for pages, pictures and the terminal alike."""

from __future__ import annotations

from datetime import datetime

_SHORT = {
    "Industrial or commercial units": "Industrial or commercial",
    "Complex cultivation patterns": "Complex cultivation",
    "Land principally occupied by agriculture, with significant areas of natural vegetation": "Agriculture with nature",
    "Natural grassland and sparsely vegetated areas": "Natural grassland, sparse",
    "Moors, heathland and sclerophyllous vegetation": "Moors, heathland",
    "Transitional woodland, shrub": "Transitional woodland",
}


def percent(share: float) -> str:
    """A share for people: no 0 % for what is there, no 100 % for what is not all."""
    if 0 < share < 0.001:
        text = "<0.1"
    elif 0.999 < share < 1:
        text = ">99.9"
    else:
        text = f"{share * 100:.1f}" if share < 1 else "100"
    return text + " %"


def counted(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def short(name: str) -> str:
    """A class's name where there is no room for the whole one."""
    return _SHORT.get(name, name)


def day(time: datetime) -> str:
    return f"{time.day} {time:%B %Y}"


def scale_bar(longest: float) -> tuple[int, str]:
    """The largest round length in metres up to ``longest`` (10 m at least), and how it is written."""
    length = max(f * 10**k for k in range(1, 8) for f in (1, 2, 5) if f * 10**k <= max(longest, 10))
    return length, f"{length // 1000:,} km" if length >= 1000 else f"{length} m"
