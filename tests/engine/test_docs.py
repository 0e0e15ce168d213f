"""README and guide against the program: options, links, anchors, Python code, figures of the model."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from ben_core.cli import cli
from ben_core.models import find_card
from ben_core.nomenclature import CLASSES
from ben_core.products.legend import CODES, COLUMNS

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / name
    for name in (
        "README.md",
        "CHANGELOG.md",
        "docs/guide.md",
        "docs/qgis.md",
        "docs/training.md",
        "docs/regions.md",
        "docs/architecture.md",
    )
]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HERE_DOCUMENT = re.compile(r"<<'END'\n.*?^END$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [code for name, code in _BLOCK.findall(page.read_text(encoding="utf-8")) if name == language]


def ben_commands() -> list[list[str]]:
    """Words of every ``ben …`` in a shell block, without "ben" (and what runs it, as timeout does)."""
    found = []
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in _HERE_DOCUMENT.sub("", block).splitlines():
                words = shlex.split(line.partition(" 2> ")[0], comments=True)
                if "ben" in words:
                    found.append(words[words.index("ben") + 1 :])
    return found


def refusal(words: list[str]) -> str | None:
    """Why click refuses a command line; None where it takes it. The command's body does not run."""
    try:
        name, command, rest = cli.resolve_command(click.Context(cli), words)
        assert command is not None
        command.make_context(name, rest)
    except click.ClickException as e:
        return e.format_message()
    return None


def slug(heading: str) -> str:
    """The anchor that code hosts give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return {slug(h) for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("words", ben_commands(), ids=" ".join)
def test_command_lines_are_taken(words: list[str]) -> None:
    assert refusal(words) is None


def test_a_command_line_that_went_out_of_date_is_noticed() -> None:
    assert refusal(["map", "sample", "--out", "out", "--colour"])
    assert refusal(["draw", "sample"])
    assert len(ben_commands()) > 20


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_and_pictures_exist(page: Path) -> None:
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_compiles_and_imports(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block, page.name, "exec")
        for line in block.splitlines():
            if line.startswith("from ben_core"):
                exec(line, {})


def test_readme_quotes_the_scores_of_the_card() -> None:
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    for name in ("macro AP", "micro F1"):
        score = find_card("embedded").scores[name]
        assert f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f}" in text
    assert f"{find_card('embedded').scores['Brier score']['value']:.3f}" in text


def test_guide_lists_codes_and_columns() -> None:
    text = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
    for name, land_cover in CLASSES.items():
        clc = " ".join(map(str, land_cover.clc_codes))
        assert f"| {CODES[name]} | {name} | `{COLUMNS[name]}` | {clc} |" in text


def test_job_and_legend_of_the_guide_are_valid(tmp_path: Path) -> None:
    from ben_core.job import Job
    from ben_core.products.legend import load_legend

    files = dict(
        re.findall(r"cat > (\S+) <<'END'\n(.*?)^END$", (ROOT / "docs/guide.md").read_text(), re.MULTILINE | re.DOTALL)
    )
    Job.from_json(files["job.json"])
    (tmp_path / "legend.json").write_text(files["legend.json"])
    assert load_legend(str(tmp_path / "legend.json")).title == "Field, wood, water"
    assert json.loads(files["town.geojson"])["type"] == "Polygon"
