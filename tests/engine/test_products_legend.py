"""Legends of a user's own, and the fixed codes of the 19 classes."""

import json

import pytest

from ben_core.errors import JobError
from ben_core.nomenclature import CLASSES, CLC_LEVEL_2, ORDER_ALPHABETICAL
from ben_core.products.legend import CATEGORIES, CODES, COLUMNS, load_legend

FOREST = {"colour": "#00A600", "classes": ["Coniferous forest", "Mixed forest"]}


def test_codes_and_columns_cover_the_classes_once():
    assert [c.name for c in CATEGORIES] == list(ORDER_ALPHABETICAL)
    assert CODES["Agro-forestry areas"] == 1
    assert CODES["Urban fabric"] == 19
    assert set(COLUMNS) == set(CLASSES)
    assert len(set(COLUMNS.values())) == len(CLASSES)
    assert all(c.isidentifier() and c == c.lower() for c in COLUMNS.values())


def test_known_and_own_legends(tmp_path):
    assert load_legend("clc2") is CLC_LEVEL_2
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"title": "Mine", "groups": {"Wald (ü)": FOREST}}), encoding="utf-8")
    legend = load_legend(str(file))
    assert legend.title == "Mine"
    assert legend.groups == {"Wald (ü)": ("Coniferous forest", "Mixed forest")}
    assert legend.colours == {"Wald (ü)": "#00a600"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not proper JSON"),
        ("[" * 100_000, "not proper JSON"),
        ('{"groups": {"a": 1}, "groups": {"b": 2}}', "key twice"),
        ("[]", "keys"),
        ('{"title": "x"}', "groups"),
        ('{"groups": {}}', "groups"),
        ('{"groups": {"a": []}}', "keys"),
        ('{"title": 3, "groups": {"a": []}}', "title"),
        ('{"groups": {"a\\n": {"colour": "#000000", "classes": []}}}', "no line of text"),
        ('{"groups": {"a": {"colour": "red", "classes": []}}}', "'red'"),
        ('{"groups": {"a": {"colour": "#000000", "classes": "Pastures"}}}', "no list of names"),
        ('{"groups": {"a": {"colour": "#000000", "classes": [["Pastures"]]}}}', "no list of names"),
        ('{"groups": {"a": {"colour": "#000000", "classes": []}}}', "names no class"),
        ('{"groups": {"a": {"colour": "#000000", "classes": ["Forest"]}}}', "none of the 19"),
        (
            json.dumps({"groups": {"a": FOREST, "b": {**FOREST, "classes": ["Mixed forest"]}}}),
            "two groups",
        ),
    ],
)
def test_a_wrong_legend_is_one_clear_error(tmp_path, text, complaint):
    file = tmp_path / "legend.json"
    file.write_text(text)
    with pytest.raises(JobError, match=complaint) as caught:
        load_legend(str(file))
    assert "legend.json" in caught.value.message
    assert caught.value.hint


def test_no_such_legend(tmp_path):
    with pytest.raises(JobError, match="neither known nor a file"):
        load_legend("clc3")
    with pytest.raises(JobError, match="neither known nor a file"):
        load_legend(str(tmp_path))


def test_a_huge_legend_is_refused_unread(tmp_path):
    file = tmp_path / "huge.json"
    file.write_bytes(b" " * (1 << 21))
    with pytest.raises(JobError, match="larger than 1 MB"):
        load_legend(str(file))


def test_binary_junk_is_no_legend(tmp_path):
    file = tmp_path / "junk.json"
    file.write_bytes(b"\xff\xfe\x00\x80" * 9)
    with pytest.raises(JobError, match="not proper JSON"):
        load_legend(str(file))
