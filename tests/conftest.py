"""Say at the end how many tests ran on real data."""

from collections import Counter
from typing import Any

import pytest

_OUTCOMES: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if not dict(report.user_properties).get("real data"):
        return
    if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
        _OUTCOMES[report.outcome] += 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "ben_data" in getattr(item, "fixturenames", ()):
            item.user_properties.append(("real data", True))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    ran = _OUTCOMES["passed"] + _OUTCOMES["failed"]
    terminalreporter.write_line(f"Real-data tests: {ran} ran, {_OUTCOMES['skipped']} were skipped.")
