"""The laws of docs/architecture.md on who may import whom."""

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "ben_core"
MODULES = sorted(CORE.rglob("*.py"))
CONTRACT = {"job", "events", "errors", "nomenclature", "version", "clock", "machine", "storage"}
# What each folder may import of the others, besides itself and the contract.
MAY = {
    "scene": set(),
    "models": set(),
    "patches": {"scene"},
    "products": {"patches", "scene", "models"},
    "run": {"patches", "scene", "models", "products"},
}
HOME = {
    "rasterio": {"scene", "patches", "products", "sample", "learn", "zones", "cli", "batch"},
    "torch": {"models", "learn", "adapt", "cli"},
}


def imports(path: Path) -> list[tuple[str, int]]:
    """(absolute module, column) of every import; the column is 0 where it happens when the module is loaded."""
    package = ("ben_core", *path.relative_to(CORE).parent.parts)
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(a.name, node.col_offset) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            whole = [*base, *(node.module or "").split(".")] if node.module else [*base]
            names = [".".join(whole)] if node.module else [".".join([*whole, a.name]) for a in node.names]
            found += [(name, node.col_offset) for name in names]
    return found


@pytest.mark.parametrize("folder", MAY)
def test_data_flow_forward_only(folder: str) -> None:
    for path in (CORE / folder).rglob("*.py"):
        for module, _ in imports(path):
            if module.startswith("ben_core."):
                part = module.split(".")[1]
                assert part in MAY[folder] | CONTRACT | {folder}, f"{path.name} imports {module}"


def test_nothing_but_the_commands_knows_of_adaptation() -> None:
    for path in MODULES:
        folder = path.relative_to(CORE).parts[0]
        if folder not in ("adapt", "cli"):
            assert not [m for m, _ in imports(path) if m.startswith("ben_core.adapt")], f"{path} imports adapt"


def test_hashes_hold_all_code_that_decides_bytes() -> None:
    """Whoever moves code into a module of its own must not take it out of what makes maps and catalogues outdated."""
    from ben_core.batch.catalogue.standing import _FOLDERS
    from ben_core.batch.identity import _MODULES, _PARTS

    hashed = {*_PARTS, *(name.removesuffix(".py") for name in _MODULES)}
    assert reached("mapping", "regions") - hashed == {
        "clock",
        "errors",
        "events",
        "machine",
        "storage",
    }  # of these no byte comes
    assert reached("batch/catalogue") - hashed - {*_FOLDERS} == {
        "batch",
        "clock",
        "errors",
        "events",
        "machine",
        "storage",
    }


def reached(*parts: str) -> set[str]:
    """Folders and modules of ben_core that come in with some of them, but what ``batch`` brings in beside its catalogue."""
    found, todo = set(parts), list(parts)
    while todo:
        part = CORE / todo.pop()
        for path in part.rglob("*.py") if part.is_dir() else [part.with_suffix(".py")]:
            more = {m.split(".")[1] for m, _ in imports(path) if m.startswith("ben_core.")} - found
            found |= more
            todo += more - {"batch"}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(CORE)))
def test_heavy_packages_stay_where_they_belong(path: Path) -> None:
    folder = path.relative_to(CORE).parts[0].removesuffix(".py")
    for module, _ in imports(path):
        name = module.split(".")[0]
        assert folder in HOME.get(name, {folder}), f"{path} imports {name}"


def test_the_contract_needs_the_standard_library_only() -> None:
    import sys

    for name in CONTRACT:
        for module, _ in imports(CORE / f"{name}.py"):
            top = module.split(".")[0]
            own = module.split(".")[1] in CONTRACT if top == "ben_core" else False
            assert own or top in sys.stdlib_module_names, f"{name}.py imports {module}"


def test_mapping_knows_nothing_of_what_stands_beside_it() -> None:
    beside = {"regions", "adapt", "learn", "zones", "enhance", "batch"}
    for module, _ in imports(CORE / "mapping.py"):
        assert module.split(".")[1:2] == [] or module.split(".")[1] not in beside, f"mapping.py imports {module}"
