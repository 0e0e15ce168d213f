"""Regions are merged over the whole scene at once: borders between tiles are borders like any other.

The cost of a merger is Mumford and Shah's as in the full lambda schedule (Robinson, Redding and Crisp, "An image
segmentation algorithm for the full lambda schedule", DSTO 2002): the growth of the squared deviations from the regions'
means, a pixel of the border that vanishes. In each round those pairs merge of which each is the other's cheapest
neighbour (Baatz and Schäpe's "local mutual best fitting"), so the outcome does not depend on the order of regions
but where costs are equal: there the lower label wins.
"""

from __future__ import annotations

import numpy as np

from .graph import Graph, united

GROWTH = 1.4  # of the cost that a round may spend: small steps keep the cheap mergers before the dear ones
_START = 1e-6  # far below any cost between regions of different colour


def costs(graph: Graph) -> np.ndarray:
    """float64 (e,): the cost of each merger."""
    a, b = graph.pairs.T
    apart = np.zeros(len(a))
    for column in graph.mean.T:
        step = column[a] - column[b]
        apart += step * step
    na, nb = graph.size[a].astype(np.float64), graph.size[b].astype(np.float64)
    return na * nb / (na + nb) * apart / graph.border


def merged(graph: Graph, most: int) -> tuple[Graph, np.ndarray]:
    """Merge until at most ``most`` regions are left, or none has a neighbour; the graph, and into what each region went."""
    into = np.arange(len(graph))
    limit = _START
    while len(graph) > most and len(graph.pairs):
        cost = costs(graph)
        limit = max(limit, float(cost.min()))
        ready = _mutual(graph, cost) & (cost <= limit)  # the cheapest of all at least
        links = graph.pairs[ready]
        if len(links) < len(graph) // 200:  # hardly anything is left at this cost
            limit *= GROWTH
        if len(graph) - len(links) < most:  # only as many as needed, the cheapest first
            links = links[np.argsort(cost[ready], kind="stable")[: len(graph) - most]]
        step = united(len(graph), links)
        graph, into = graph.joined(step), step[into]
    return graph, into


def without_small(graph: Graph, least: int) -> tuple[Graph, np.ndarray]:
    """Merge each region of fewer than ``least`` pixels with the neighbour where it costs least, until none is left
    but islands without a neighbour."""
    into = np.arange(len(graph))
    while True:
        small = graph.size < least
        a, b = graph.pairs.T
        concerned = small[a] | small[b]
        if not concerned.any():
            return graph, into
        cost = costs(graph)
        best = _best(graph, cost)
        edge = np.arange(len(cost))
        mutual = (best[a] == edge) & (best[b] == edge)
        to_large = ((best[a] == edge) & small[a] & ~small[b]) | ((best[b] == edge) & small[b] & ~small[a])
        links = graph.pairs[(mutual & concerned) | to_large]
        step = united(len(graph), links)
        graph, into = graph.joined(step), step[into]


def _best(graph: Graph, cost: np.ndarray) -> np.ndarray:
    """int64 (n,): the cheapest border of each region (the first of equals), -1 where it has none."""
    a, b = graph.pairs.T
    lowest = np.full(len(graph), np.inf)
    np.minimum.at(lowest, a, cost)
    np.minimum.at(lowest, b, cost)
    best = np.full(len(graph), len(cost), np.int64)
    for end in (a, b):
        here = np.flatnonzero(cost == lowest[end])
        np.minimum.at(best, end[here], here)
    best[best == len(cost)] = -1
    return best


def _mutual(graph: Graph, cost: np.ndarray) -> np.ndarray:
    """bool (e,): the border is the cheapest of both its regions."""
    best, edge = _best(graph, cost), np.arange(len(cost))
    found: np.ndarray = (best[graph.pairs[:, 0]] == edge) & (best[graph.pairs[:, 1]] == edge)
    return found
