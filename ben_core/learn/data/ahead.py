"""Work on other threads that stays a little ahead of who takes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def ahead(items: Iterable[Item], do: Callable[[Item], Made], threads: int) -> Iterator[tuple[Item, Future[Made]]]:
    """Each item with the future of ``do(item)``, in order; at most four a thread are begun before they are taken."""
    waiting: deque[tuple[Item, Future[Made]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(do, item)))
                if len(waiting) >= 4 * threads:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:  # where nobody takes the rest
            for _, future in waiting:
                future.cancel()
