"""The house rules that a linter cannot see: who may import whom, and how long a room may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CLI = sorted((ROOT / "voicectl").rglob("*.py"))
RUNTIME = sorted((ROOT / "runtime" / "voicectl_runtime").rglob("*.py"))

# Each layer may import itself and the layers in the rows above its own.
ROWS = (
    {"errors", "paths"},
    {"config", "catalogue"},
    {"hardware"},
    {"planner"},
    {"render"},
    {"runner", "models", "phases", "doctor", "bench", "logs"},
    {"console"},
    {"cli"},
)
PURE = {"errors", "paths", "config", "catalogue", "planner", "render"}
EFFECTS = {"subprocess", "socket", "asyncio", "rich", "typer", "httpx", "docker", "ansible_runner", "pynvml"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 50


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(path: Path) -> str:
    return path.relative_to(ROOT / "voicectl").with_suffix("").parts[0]


def row(name: str) -> int | None:
    return next((n for n, names in enumerate(ROWS) if name in names), None)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CLI, ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    """A room of the CLI imports only what stands below it, and never the runtime."""
    own = row(layer(path))
    for name in imports(path):
        package, _, rest = name.partition(".")
        assert package != "voicectl_runtime", f"{name_of(path)} imports {name}"
        below = row(rest.partition(".")[0]) if package == "voicectl" else None
        if own is not None and below is not None:
            assert below <= own, f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", [path for path in CLI if layer(path) in PURE], ids=name_of)
def test_pure_layers_do_nothing(path: Path) -> None:
    """Configuration, plans and rendered files come about without a process, a socket or a screen."""
    assert not EFFECTS & {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", RUNTIME, ids=name_of)
def test_runtime_never_imports_the_cli(path: Path) -> None:
    """The runtime runs without the CLI's dependencies."""
    assert "voicectl" not in {name.partition(".")[0] for name in imports(path)}


def test_bridge_needs_the_standard_library_alone() -> None:
    """The bridge starts on any Python, without an environment."""
    import sys  # noqa: PLC0415 - the one test that asks the interpreter about itself

    bridge = ROOT / "runtime" / "voicectl_runtime" / "bridge.py"

    assert {name.partition(".")[0] for name in imports(bridge)} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", CLI + RUNTIME, ids=name_of)
def test_rooms_stay_small(path: Path) -> None:
    """No file over 300 lines, no function over 50."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{path.name}: {node.name}"
