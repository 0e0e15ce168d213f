"""Draw docs/pictures/grid.svg from the engine's own Grid: python docs/pictures/draw_grid.py"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ben_core.patches.grid import Grid

WIDTH, HEIGHT = 420, 300  # a scene of 4.2 x 3 km
INK, CELL, PATCH, EDGE = "#1d2b36", "#dfe7ec", "#1f77b4", "#d1495b"


def panel(x0: int, title: str, grid: Grid, shown: list[tuple[int, int, str]]) -> list[str]:
    """One grid with its cells, and some patches over their cells."""
    parts = [f'<g transform="translate({x0} 46)">', f'<text x="0" y="-16" class="title">{title}</text>']
    for row in range(grid.rows):
        for col in range(grid.cols):
            c = grid.cell(row, col)
            parts.append(
                f'<rect x="{c.col}" y="{c.row}" width="{c.width}" height="{c.height}" fill="{CELL}" stroke="#fff" stroke-width="1.5"/>'
            )
    parts.append(
        f'<rect x="0" y="0" width="{grid.width}" height="{grid.height}" fill="none" stroke="{INK}" stroke-width="2"/>'
    )
    for row, col, colour in shown:
        c, p = grid.cell(row, col), grid.patch(row, col)
        parts.append(
            f'<rect x="{c.col}" y="{c.row}" width="{c.width}" height="{c.height}" fill="{colour}" fill-opacity=".35"/>'
        )
        parts.append(
            f'<rect x="{p.col + 1.5}" y="{p.row + 1.5}" width="{p.width - 3}" height="{p.height - 3}" fill="none" '
            f'stroke="{colour}" stroke-width="2.5" stroke-dasharray="7 4"/>'
        )
        parts.append(f'<text x="{c.col + c.width / 2}" y="{c.row + c.height / 2 + 4}" class="label">{row},{col}</text>')
    return [*parts, "</g>"]


def main() -> None:
    wide = Grid(WIDTH, HEIGHT, 120)
    dense = Grid(WIDTH, HEIGHT, 60)
    svg = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 440" font-family="system-ui, sans-serif" font-size="13">',
        f"<style>.title{{font-size:15px;font-weight:600;fill:{INK}}} .label{{text-anchor:middle;fill:{INK};font-weight:600}} .note{{fill:{INK}}}</style>",
        '<rect width="920" height="440" fill="#fff"/>',
        *panel(
            20, f"stride 120: {wide.rows} rows x {wide.cols} columns", wide, [(0, 0, PATCH), (1, 3, EDGE), (2, 1, EDGE)]
        ),
        *panel(
            480,
            f"stride 60: {dense.rows} rows x {dense.cols} columns",
            dense,
            [(2, 2, PATCH), (0, 6, EDGE), (4, 4, EDGE)],
        ),
        '<g transform="translate(20 376)">',
        f'<rect width="16" height="12" fill="{CELL}"/><text x="24" y="11" class="note">cell: stride x stride pixels, clipped to the scene; the unit of the map</text>',
        f'<rect y="20" width="16" height="12" fill="{PATCH}" fill-opacity=".35"/><rect x="-2" y="18" width="20" height="16" fill="none" stroke="{PATCH}" stroke-width="2" stroke-dasharray="5 3"/>'
        '<text x="24" y="31" class="note">patch: the 120 x 120 pixels that the model sees, centred on its cell</text>',
        f'<rect y="40" width="16" height="12" fill="{EDGE}" fill-opacity=".35"/><rect x="-2" y="38" width="20" height="16" fill="none" stroke="{EDGE}" stroke-width="2" stroke-dasharray="5 3"/>'
        '<text x="24" y="51" class="note">at the edge the patch moves inward to stay whole; the cell keeps its place</text>',
        "</g></svg>",
    ]
    Path(__file__).with_name("grid.svg").write_text("\n".join(svg) + "\n")


if __name__ == "__main__":
    main()
