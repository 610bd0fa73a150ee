"""The table of behaviours is complete and its proofs exist."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "behaviours.md"
VERDICTS = re.compile(r"(same|better|different|choice|faceline's own)\b")
NO_TEST = re.compile(r"no test: \w")


def numbers(text: str) -> Iterator[int]:
    """All numbers that a text names: B7, and B130-B132 or B130-132 with what lies between."""
    for found in re.finditer(r"\bB(\d+)(?:-B?(\d+))?\b", text):
        first, last = int(found[1]), int(found[2] or found[1])
        yield from range(first, last + 1)


@cache
def table() -> str:
    """The page."""
    return TABLE.read_text()


@cache
def rows() -> dict[int, tuple[str, str]]:
    """Number to verdict and proof."""
    cells = re.findall(r"^\| B(\d+) \| .+ \| ([^|]+) \| ([^|]+) \|$", table(), re.MULTILINE)
    found = {int(number): (verdict, proof) for number, verdict, proof in cells}
    assert len(found) == len(cells), "a number has two rows"
    return found


@cache
def contract() -> frozenset[int]:
    """The numbers of the contract, from the line of the page that lists them."""
    listed = re.search(r"^Numbers: (.+)$", table(), re.MULTILINE)
    assert listed is not None
    return frozenset(numbers(listed[1]))


@cache
def proofs_in(path: Path) -> dict[str, str]:
    """Names of a file's tests and their docstrings."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return {each.name: ast.get_docstring(each) or "" for each in functions if each.name.startswith("test_")}


def test_every_number_has_one_row_and_no_other_number_has_one() -> None:
    """The list of numbers and the rows are the same set; 195 numbers are known today."""
    assert set(rows()) == contract()
    assert len(contract()) >= 195


@pytest.mark.parametrize("number", sorted(contract()))
def test_a_row_has_a_verdict_and_a_proof_that_exists(number: int) -> None:
    """A test that was renamed or removed takes the row's proof with it; a row without a test says why."""
    verdict, proof = rows()[number]
    assert VERDICTS.match(verdict), verdict
    named = re.findall(r"`([^`]+)::(\w+)`", proof)
    assert named or NO_TEST.match(proof), proof
    for path, name in named:
        assert name in proofs_in(ROOT / path), f"{path} has no {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.name)
def test_docstrings_name_only_numbers_of_the_contract(path: Path) -> None:
    """A mistyped number would prove nothing."""
    named = {number for docstring in proofs_in(path).values() for number in numbers(docstring)}
    assert named <= contract()
