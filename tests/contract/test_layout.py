"""The house's numbers: how long modules and functions may be, and what must not stand in any file."""

import ast
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("src", "tests", "tools", "training", "benchmarks", "examples", "docs")
SUFFIXES = {".py", ".md", ".toml", ".mjs", ".mako", ".yml", ".json", ".sh", ".html", ".js", ".css"}
LOOSE = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "NOTICE",
    "Makefile",
    "pyproject.toml",
    ".importlinter",
    ".ci/run",
)

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
MOST_FUNCTIONS = 25
"""Lines that nine of ten functions of the product stay under."""

LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
"""What may be longer, with the reason: path, or path and name of the function."""

BROAD = {
    "src/faceline/api/dispatch.py": "the outermost loop of requests: logged with its stack, answered as BROKEN",
    "src/faceline/engine/slot.py": "the outermost loop of work: logged with its stack, reported as BROKEN",
}
"""Where everything may be caught, and why."""


def texts() -> list[Path]:
    """Every text file of the project that a person writes or reads."""
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SUFFIXES]
    return [path for path in found if "__pycache__" not in path.parts] + [ROOT / name for name in LOOSE]


def programs(*folders: str) -> list[Path]:
    """Python files below some folders."""
    return [path for path in texts() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


@cache
def tree(path: Path) -> ast.Module:
    """A program, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and lines of every function of a program; its docstring is not counted."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = ast.get_docstring(node, clean=False) is not None
            words = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - words


def name_of(path: Path) -> str:
    """A path as it is written here."""
    return path.relative_to(ROOT).as_posix()


def test_modules_are_short() -> None:
    lengths = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in programs("src", "tools", "training", "benchmarks", "examples")
    }
    assert {name: n for name, n in lengths.items() if n >= LONGEST_MODULE and name not in LONG_MODULES} == {}
    assert {name for name in LONG_MODULES if lengths.get(name, 0) < LONGEST_MODULE} == set(), "no longer an exception"


def test_functions_are_short() -> None:
    long = {
        f"{name_of(path)} {name}": lines
        for path in programs("src", "tests", "tools", "training", "benchmarks", "examples")
        for name, lines in functions(path)
        if lines > LONGEST_FUNCTION
    }
    assert set(long) == set(LONG_FUNCTIONS), long


def test_nine_of_ten_functions_of_the_product_are_shorter() -> None:
    lengths = [lines for path in programs("src") for _, lines in functions(path)]
    assert len(lengths) > 300
    assert statistics.quantiles(lengths, n=10)[-1] <= MOST_FUNCTIONS


def test_everything_is_caught_in_the_outermost_loops_only() -> None:
    found = [name_of(path) for path in programs("src") for node in ast.walk(tree(path)) if catches_everything(node)]
    assert sorted(found) == sorted(BROAD)


def catches_everything(node: ast.AST) -> bool:
    """Whether a node is `except:`, `except Exception` or `suppress(Exception)` in any spelling."""
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or names_everything([node.type])
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress") and names_everything(node.args)


def names_everything(types: list[ast.expr]) -> bool:
    """Whether one of the types, or of the tuples of types, is a base of all errors."""
    flat = [each for one in types for each in (one.elts if isinstance(one, ast.Tuple) else [one])]
    return any(ast.unparse(each) in {"Exception", "BaseException"} for each in flat)


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("try: f()\nexcept Exception: pass", True),
        ("try: f()\nexcept (OSError, BaseException): pass", True),
        ("try: f()\nexcept: pass", True),
        ("import contextlib\nwith contextlib.suppress(Exception): f()", True),
        ("try: f()\nexcept (OSError, ValueError): pass", False),
        ("import contextlib\nwith contextlib.suppress(OSError): f()", False),
    ],
)
def test_every_spelling_of_catching_everything_is_known(source: str, caught: bool) -> None:
    assert any(catches_everything(node) for node in ast.walk(ast.parse(source))) is caught


# Spelt in two parts, so that this file does not find itself.
FORBIDDEN = {
    "unfinished work": re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"),
    "a path of some machine": re.compile(r"(?<![\w.])/(wo" + r"rk|ro" + r"ot)/"),
}
# A scratch folder is nobody's in particular, but what a reader is to type must not depend on one.
SCRATCH = re.compile(r"(?<![\w.])/t" + r"mp\b")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = {
        f"{name_of(path)}:{number}": line.strip()[:100]
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    }
    assert found == {}


def test_no_page_names_a_scratch_folder() -> None:
    pages = [path for path in texts() if path.suffix == ".md" and path.relative_to(ROOT).parts[0] != "tools"]
    assert [name_of(path) for path in pages if SCRATCH.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_that_shows_a_person_is_in_the_tree() -> None:
    """The astronaut is the only photograph: what is not drawn or named here has no place in the repository."""
    allowed = {"examples/astronaut.jpg", "docs/images/faces.jpg", "tests/vision/reference/astronaut.png"}
    pictures = {
        name_of(path)
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp", ".gif", ".mp4", ".mov", ".mkv", ".webm", ".avi"}
    }
    drawn = {name for name in pictures if name.startswith("docs/images/plots/")}
    assert pictures - drawn <= allowed
