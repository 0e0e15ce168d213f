"""Is a JPEG 2000 file whole? Its boxes say how long it must be."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO

SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
END_OF_CODESTREAM = b"\xff\xd9"
MAX_BOXES = 64  # before the codestream; real files have about six


@dataclass(frozen=True)
class Damage:
    """``words`` follow the file's name. Not ``certain``: it may decode all the same."""

    words: str
    certain: bool = True


def jp2_damage(f: IO[bytes], size: int, look_at_end: bool = True) -> Damage | None:
    """What is wrong with the outer structure of a JP2 file of ``size`` bytes, None where it is sound.

    Reads some hundred bytes. A box that ends beyond the file means a cut file; a codestream should end
    with the marker EOC (ISO/IEC 15444-1, annexes A.4.4 and I.4), but decoders do without. Damage inside the
    codestream is not seen here: JPEG 2000 has no checksum. ``look_at_end=False`` spares the walk to the end
    of a compressed zip member.
    """
    if size == 0:
        return Damage("is empty")
    if f.read(12) != SIGNATURE:
        return Damage("is no JPEG 2000 file")
    at = 12
    for _ in range(MAX_BOXES):
        f.seek(at)
        head = f.read(16)
        if len(head) < 8:
            return Damage("is cut off before its image")
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        end = size if length == 0 else at + length
        if end > size:
            return Damage(f"is cut off: {size:,} of at least {end:,} bytes")
        if kind == b"jp2c":
            if not look_at_end:
                return None
            f.seek(end - 2)
            return None if f.read(2) == END_OF_CODESTREAM else Damage("lacks the end of its image", certain=False)
        if length < 8:
            return Damage("has a broken structure")
        at = end
    return Damage("has a broken structure")
