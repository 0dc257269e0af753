"""What the import contracts of pyproject.toml cannot say: allow-lists, and who reads the environment."""

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ca_core", "data", "runtime", "console", "portal", "video")
MAY_READ_ENVIRONMENT = {
    "runtime/settings.py",
    "runtime/supervisor.py",  # what its children inherit
}
# Third-party libraries of the core, and where: everywhere, or in one module only.
CORE_LIBRARIES = {
    "cryptography": "",
    "pyotp": "",
    "phonenumbers": "identifiers.py",
    "pkilint": "x509/lint.py",
}


def modules(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_core_knows_no_library_but_its_own_few() -> None:
    strangers = []
    for path in modules("ca_core"):
        inside = path.relative_to(ROOT / "ca_core").as_posix()
        for name in imported(path):
            top = name.partition(".")[0]
            allowed = CORE_LIBRARIES.get(top) in ("", inside)
            if top not in sys.stdlib_module_names and top != "ca_core" and not allowed:
                strangers.append(f"{inside}: {name}")
    assert strangers == []


def test_the_core_does_no_io_and_reads_no_clock() -> None:
    """Files, sockets and processes are for the rooms above; time is an argument named `now`."""
    banned = {
        "asyncio",
        "http",
        "io",
        "os",
        "pathlib",
        "shutil",
        "socket",
        "sqlite3",
        "subprocess",
        "threading",
        "urllib",
    }
    doing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules("ca_core")
        for name in imported(path)
        if name.partition(".")[0] in banned and name != "urllib.parse"
    ]
    clocks = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules("ca_core")
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in ("utcnow", "today", "time_ns", "monotonic"))
        or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("datetime.now"))
    ]
    assert doing + clocks == []


def test_setup_needs_nothing_that_is_not_there_yet() -> None:
    """`make` runs it before anything is installed."""
    allowed = sys.stdlib_module_names | {"runtime"}
    for path in [ROOT / "runtime" / "__init__.py", ROOT / "runtime" / "guard.py", *modules("runtime/setup")]:
        for name in imported(path):
            assert name.partition(".")[0] in allowed, f"{path.name} imports {name}"
            assert not name.startswith("runtime.") or name.startswith("runtime.setup")


def test_only_the_settings_read_the_environment() -> None:
    readers = set()
    for path in modules(*ROOMS):
        for node in ast.walk(tree(path)):
            attribute = isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv")
            name = (
                isinstance(node, ast.ImportFrom)
                and node.module == "os"
                and any(alias.name in ("environ", "getenv") for alias in node.names)
            )
            if attribute or name:
                readers.add(path.relative_to(ROOT).as_posix())
    assert readers <= MAY_READ_ENVIRONMENT


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_in_the_console_hides_a_room(room: str) -> None:
    """Streamlit puts `console/` first on the import path."""
    assert not (ROOT / "console" / room).exists()
    assert not (ROOT / "console" / f"{room}.py").exists()


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in modules(*ROOMS)
        if "versions" not in path.parts and path.stat().st_size and not ast.get_docstring(tree(path))
    ]
    assert silent == []


@pytest.mark.parametrize("room", [*ROOMS, "qoltanba_keyagent"])
def test_no_module_needs_itself(room: str) -> None:
    """No cycles, inside rooms too: the contracts see those between rooms only (style, 2)."""
    graph = grimp.build_graph(room, exclude_type_checking_imports=True, cache_dir=None)
    needs = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert list(graphlib.TopologicalSorter(needs).static_order())


def test_no_module_is_too_long_to_be_read() -> None:
    """500 lines at most; style wants a second look at 400."""
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in modules(*ROOMS)
        if "versions" not in path.parts
    }
    assert len(lengths) > 300
    assert {name: length for name, length in lengths.items() if length > 500} == {}
