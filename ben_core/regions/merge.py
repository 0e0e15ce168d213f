"""Regions are merged over the whole scene at once: borders between tiles are borders like any other.

The cost of a merger is Mumford and Shah's as in the full lambda schedule (Robinson, Redding and Crisp, "An image
segmentation algorithm for the full lambda schedule", DSTO 2002): the growth of the squared deviations from the regions'
means, a pixel of the border that vanishes. In each round those pairs merge of which each is the other's cheapest
neighbour (Baatz and Schäpe's "local mutual best fitting"), so the outcome does not depend on the order of regions
but where costs are equal: there the lower label wins.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .graph import Graph

GROWTH = 1.4  # of the cost that a round may spend: small steps keep the cheap mergers before the dear ones
_START = 1e-6  # far below any cost between regions of different colour


def united(count: int, links: np.ndarray) -> np.ndarray:
    """int64 (count,): number of the group of each region, where ``links`` (k, 2) tie regions together."""
    net = coo_array((np.ones(len(links), np.int8), (links[:, 0], links[:, 1])), shape=(count, count))
    return renumbered(connected_components(net, directed=False)[1])


def renumbered(group: np.ndarray) -> np.ndarray:
    """The same groups, numbered from 0 in the order of their first member."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first, kind="stable")] = np.arange(len(first))
    found: np.ndarray = place[inverse]
    return found


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
        links = graph.pairs[_mutual(graph, cost) & (cost <= limit)]
        if len(links) < len(graph) // 200:  # hardly anything is left at this cost
            limit *= GROWTH
        if not len(links):
            continue
        if len(graph) - len(links) < most:  # only as many as needed, the cheapest first
            keep = _mutual(graph, cost) & (cost <= limit)
            order = np.argsort(cost[keep], kind="stable")[: len(graph) - most]
            links = graph.pairs[keep][np.sort(order)]
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
