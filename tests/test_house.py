"""The house keeps its figures: each ceiling is the worst of today, and it only falls.

Who goes under a ceiling lowers it to the new figure; nobody raises one. Why there are ceilings and no limits
stands in `docs/decisions.md`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

import styleid

#: Parameters of one function; beyond 7 nobody remembers them. Commands and Winograd's kernels may take more.
MOST_PARAMETERS = 7
#: Functions that take more than 7.
WIDE_FUNCTIONS = 0
#: Lines of code in one file, without docstrings, comments and blank lines; from 250 on it holds two things.
MOST_CODE_LINES = 201
#: Modules in one folder; more than a dozen names nobody reads. `cli/` and `heads/` are flat, as is meant.
MOST_FILES = 11
#: Lines of `styleid/` in a hundred that are docstrings, the door's too.
DOCSTRING_PERCENT = 15
#: Docstrings with numpydoc sections that belong to no name of `styleid.__all__`.
SECTIONS_BEHIND_THE_DOOR = 0
#: Places in modules of words where a record is a mapping of anything, so that a wrong key is found by nobody.
MAPPINGS_IN_WORDS = 56
#: Option objects that are built by position, so that two options of one type can change places.
OPTIONS_BY_POSITION = 0
#: Broad excepts, and prints outside the command line.
BROAD_EXCEPTS, PRINTS = 0, 0
#: Names that tests take from a room which they neither mirror nor enter by the door, and names of the door
#: that tests take from behind it.
NAMES_OF_OTHER_ROOMS, BEHIND_THE_DOOR = 286, 0
#: Lines of `styleid/`, of all kinds, with room for what is small; whoever needs more says what for in
#: docs/decisions.md.
LINES = 33_351

PARAMETERS_WISHED = 7
FLAT_FOLDERS = ("cli", "heads")


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    name: str  # POSIX path under the package
    text: str
    tree: ast.Module

    @property
    def lines(self) -> list[str]:
        """All its lines."""
        return self.text.splitlines()

    @property
    def in_cli(self) -> bool:
        """Whether it is part of the command line."""
        return self.name.startswith("cli/")

    def documented(self) -> Iterator[tuple[str, ast.Expr]]:
        """Yield (qualified name, docstring) of the module and everything in it that has one."""
        yield from _documented(self.tree, "")

    def at(self, node: ast.expr | ast.stmt | ast.excepthandler) -> str:
        """Say where in the package a node stands."""
        return f"styleid/{self.name}:{node.lineno}"


def _documented(node: ast.AST, name: str) -> Iterator[tuple[str, ast.Expr]]:
    body = getattr(node, "body", [])
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    if isinstance(node, kinds) and ast.get_docstring(node) is not None:
        yield name, body[0]
    for child in ast.iter_child_nodes(node):
        inner = getattr(child, "name", "") if isinstance(child, kinds) else ""
        yield from _documented(child, f"{name}.{inner}".strip(".") if inner else name)


def read_package(root: Path) -> list[Module]:
    """Read every module below a folder."""
    paths = sorted(root.rglob("*.py"))
    return [
        Module(path.relative_to(root).as_posix(), text, ast.parse(text))
        for path in paths
        for text in [path.read_text(encoding="utf-8")]
    ]


def parameters(package: list[Module]) -> dict[str, int]:
    """Count what each function takes; an `__init__` holds the options of its class by their names."""
    counts = {}
    for module in package:
        if module.in_cli or module.name.startswith("backbones/runtimes/winograd/"):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name != "__init__":
                taken = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                names = [argument.arg for argument in taken if argument.arg not in ("self", "cls")]
                counts[f"{module.at(node)} {node.name}"] = len(names)
    return counts


def code_lines(package: list[Module]) -> dict[str, int]:
    """Count the lines of each file that are neither docstring nor comment nor blank."""
    counts = {}
    for module in package:
        docs = {line for _, node in module.documented() for line in range(node.lineno, _end(node) + 1)}
        counts[f"styleid/{module.name}"] = sum(
            bool(line.strip()) and not line.strip().startswith("#") and number not in docs
            for number, line in enumerate(module.lines, 1)
        )
    return counts


def files(package: list[Module]) -> dict[str, int]:
    """Count the modules of each folder."""
    counts: dict[str, int] = {}
    for module in package:
        path = Path(module.name)
        if path.name != "__init__.py" and path.parent.name not in FLAT_FOLDERS:
            folder = (Path("styleid") / path.parent).as_posix()
            counts[folder] = counts.get(folder, 0) + 1
    return counts


def docstring_lines(package: list[Module], door: set[tuple[str, str]]) -> int:
    """Count the lines of docstrings, but those of the door's (module, name) and their methods."""
    return sum(
        _end(node) - node.lineno + 1
        for module in package
        for name, node in module.documented()
        if (module.name, name.split(".")[0]) not in door
    )


def lines(package: list[Module]) -> int:
    """Count the lines of all kinds."""
    return sum(len(module.lines) for module in package)


def sections(package: list[Module], door: set[tuple[str, str]]) -> list[str]:
    """List docstrings with sections, but those of the door's (module, name) and their methods."""
    return [
        f"{module.at(node)} {name}"
        for module in package
        for name, node in module.documented()
        if "----" in ast.unparse(node) and (module.name, name.split(".")[0]) not in door
    ]


def mappings_in_words(package: list[Module]) -> list[str]:
    """List where modules of words speak of a mapping from text to anything."""
    vague = {f"{kind}[str, {value}]" for kind in ("Mapping", "dict") for value in ("Any", "object")}
    return [
        module.at(node)
        for module in package
        if "words" in Path(module.name).stem and not module.in_cli
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Subscript) and ast.unparse(node) in vague
    ]


def options_by_position(package: list[Module]) -> list[str]:
    """List calls that build an option object and do not name its options."""
    return [
        f"{module.at(node)} {ast.unparse(node.func)}"
        for module in package
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Options") and node.args
    ]


def broad_excepts(package: list[Module]) -> list[str]:
    """List handlers that take any exception."""
    return [
        module.at(node)
        for module in package
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or {"Exception", "BaseException"}
            & {inner.id for inner in ast.walk(node.type) if isinstance(inner, ast.Name)}
        )
    ]


def prints(package: list[Module]) -> list[str]:
    """List prints outside the command line."""
    return [
        module.at(node)
        for module in package
        if not module.in_cli
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]


def door() -> set[tuple[str, str]]:
    """Find where the names of `styleid.__all__` are defined: (module's path under the package, name)."""
    homes = set()
    for name in styleid.__all__:
        value = getattr(styleid, name)
        home = getattr(value, "__module__", None)
        if home is not None:
            path = Path(str(import_module(home).__file__)).relative_to(PACKAGE)
            homes.add((path.as_posix(), value.__name__))
    return homes


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def hold(what: str, figure: float, ceiling: float, places: list[str], advice: str) -> None:
    """Fail where a figure lies above its ceiling, and say where to look and what to do."""
    shown = "".join(f"\n  {place}" for place in places[:40])
    assert figure <= ceiling, f"{what}: {figure}, and the house allows {ceiling}. {advice}{shown}"


def above(counts: dict[str, int], limit: int) -> list[str]:
    """List what lies above a limit, the worst first."""
    worst = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"{place}: {count}" for place, count in worst if count > limit]


PACKAGE = Path(styleid.__file__).parent


@pytest.fixture(scope="module")
def package() -> list[Module]:
    """The modules of styleid."""
    return read_package(PACKAGE)


def test_functions_take_few_parameters(package: list[Module]) -> None:
    counts = parameters(package)
    advice = (
        "Let what travels together be an object (a Table, a Selection), and what nobody passes a constant."
    )
    wide = above(counts, PARAMETERS_WISHED)
    hold("parameters of one function", max(counts.values()), MOST_PARAMETERS, wide, advice)
    hold("functions with more than 7 parameters", len(wide), WIDE_FUNCTIONS, wide, advice)


def test_a_file_holds_one_thing(package: list[Module]) -> None:
    counts = code_lines(package)
    hold(
        "lines of code in one file",
        max(counts.values()),
        MOST_CODE_LINES,
        above(counts, MOST_CODE_LINES),
        "Look for the second thing this file holds and give it a file; if there is none, write less.",
    )


def test_a_folder_can_be_read_at_a_glance(package: list[Module]) -> None:
    counts = files(package)
    hold(
        "modules in one folder",
        max(counts.values()),
        MOST_FILES,
        above(counts, MOST_FILES),
        "Merge files that are always changed together, or give a family of them a folder with a name.",
    )


def test_docstrings_are_a_small_part(package: list[Module]) -> None:
    advice = "Keep to one sentence, a shape, a reason or a source; leave out what the signature says."
    percent = round(100 * docstring_lines(package, set()) / lines(package), 1)
    hold("docstring lines in a hundred", percent, DOCSTRING_PERCENT, [], advice)


def test_sections_stand_at_the_door(package: list[Module]) -> None:
    behind = sections(package, door())
    advice = "Only names of styleid.__all__ have numpydoc sections; write one sentence instead."
    hold("docstrings with sections behind the door", len(behind), SECTIONS_BEHIND_THE_DOOR, behind, advice)


def test_words_read_records(package: list[Module]) -> None:
    places = mappings_in_words(package)
    advice = "Take the record (a frozen dataclass) that the measure returned, so that mypy knows its fields."
    hold("mappings of anything in modules of words", len(places), MAPPINGS_IN_WORDS, places, advice)


def test_options_are_named(package: list[Module]) -> None:
    places = options_by_position(package)
    hold("option objects built by position", len(places), OPTIONS_BY_POSITION, places, "Name each option.")


def test_only_the_command_line_prints(package: list[Module]) -> None:
    places = prints(package)
    hold("prints outside cli/", len(places), PRINTS, places, "Return it, and let the command say it.")


def test_no_except_takes_everything(package: list[Module]) -> None:
    places = broad_excepts(package)
    advice = "Name what can happen here; what else escapes is our fault and shows a traceback."
    hold("broad excepts", len(places), BROAD_EXCEPTS, places, advice)


def test_the_tree_does_not_grow(package: list[Module]) -> None:
    advice = "Delete something: a relay, a helper with one caller, a second copy."
    hold("lines of styleid/", lines(package), LINES, [], advice)


def imported_by_tests(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (test file, module of styleid, name) of what tests import from behind the door.

    `tests/cases` holds what tests share and is no test.
    """
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("styleid."):
                for alias in node.names:
                    yield path.relative_to(folder).as_posix(), node.module or "", alias.name


def test_tests_come_in_by_the_door() -> None:
    imported = list(imported_by_tests(Path(__file__).parent))
    behind = [f"{file}: {name}" for file, home, name in imported if styleid._HOMES.get(name) == home]
    advice = "Import it from styleid: a test that comes in by the door survives a move behind it."
    hold("names of the door taken from behind it", len(behind), BEHIND_THE_DOOR, behind, advice)
    others = [
        f"{file}: {home}.{name}"
        for file, home, name in imported
        if home.split(".")[1] not in (file.split("/")[0], "errors", "files")
    ]
    advice = "Test by the door, or beside the file that is tested, where tests/ mirrors styleid/."
    hold("names of other rooms in tests", len(others), NAMES_OF_OTHER_ROOMS, others, advice)


FAULTS = '''"""A module."""

from typing import Any, Mapping

# A comment is no code.

def wide(a: int, /, b: int, *, c: int) -> None:
    """Do it.

    Parameters
    ----------
    a, b, c : int
    """
    print(a, b, c)


class Door:
    """At the door."""

    def method(self, x: int) -> int:
        """Keep sections.

        Returns
        -------
        int
        """
        try:
            return x
        except (ValueError, Exception):
            return FitOptions("lda", folds=x)


def write(result: Mapping[str, Any], options: dict[str, Any]) -> None:
    """Write."""
    FitOptions(head="lda")
    try:
        print_it()
    except ValueError:
        pass
'''


def test_measures_see_planted_faults(tmp_path: Path) -> None:
    for name in ("runs/words_fit.py", "runs/fit.py", "cli/fit.py", "heads/fit.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(FAULTS)
    (tmp_path / "runs" / "__init__.py").write_text("")
    package = read_package(tmp_path)

    assert parameters(package) == {
        f"styleid/{name}:{at}": count
        for name in ("runs/words_fit.py", "runs/fit.py", "heads/fit.py")
        for at, count in (("7 wide", 3), ("20 method", 1), ("33 write", 2))
    }
    assert code_lines(package)["styleid/runs/fit.py"] == 15
    assert files(package) == {"styleid/runs": 2}
    assert docstring_lines(package, set()) == 4 * (1 + 6 + 1 + 6 + 1)
    assert docstring_lines(package, {("runs/fit.py", "Door")}) == 4 * (1 + 6 + 1 + 6 + 1) - 7
    assert lines(package) == 4 * len(FAULTS.splitlines())
    behind = sections(package, {("runs/fit.py", "Door")})
    assert [place for place in behind if "runs/fit.py" in place] == ["styleid/runs/fit.py:8 wide"]
    assert len(behind) == 1 + 3 * 2
    assert mappings_in_words(package) == ["styleid/runs/words_fit.py:33"] * 2
    assert len(options_by_position(package)) == len(broad_excepts(package)) == 4
    assert prints(package) == [
        f"styleid/{name}:14" for name in ("heads/fit.py", "runs/fit.py", "runs/words_fit.py")
    ]


def test_a_figure_above_its_ceiling_fails() -> None:
    hold("things", 2, 2, [], "Fewer.")
    with pytest.raises(AssertionError, match=r"things: 3, and the house allows 2. Fewer.\s+here: 3"):
        hold("things", 3, 2, above({"here": 3, "there": 2}, 2), "Fewer.")
