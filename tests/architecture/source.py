"""The source as the checks read it: files with their room, their kind (`actions`, `views` …) and their syntax tree."""

import ast
import configparser
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "linli"


@dataclass(frozen=True)
class Source:
    """One Python file of the package. A package such as `actions/` is of the same kind as the file it grew from."""

    path: str  # from the package: "grid/actions/posts.py"
    text: str

    @property
    def room(self) -> str:
        return self.path.split("/")[0] if "/" in self.path else ""

    @property
    def kind(self) -> str:
        parts = self.path.removesuffix(".py").split("/")
        return parts[1] if len(parts) > 1 else parts[0]

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").rpartition("/")[2]

    @property
    def tree(self) -> ast.Module:
        return _parse(self.text)

    def at(self, node: ast.AST, what: str) -> str:
        return f"linli/{self.path}:{getattr(node, 'lineno', 0)} {what}"


@cache
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def sources() -> tuple[Source, ...]:
    """Every file of the package but migrations."""
    found = sorted(path for path in PACKAGE.rglob("*.py") if not {"migrations", "vendor"} & set(path.parts))
    return tuple(Source(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")) for path in found)


def findings(check: Callable[[Source], Iterable[str]], files: Iterable[Source] | None = None) -> list[str]:
    return [found for source in (sources() if files is None else files) for found in check(source)]


def calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def dotted(node: ast.AST) -> str:
    """`timezone.now` for that expression; whatever is no chain of names shows as its source."""
    return ast.unparse(node)


@cache
def rooms() -> tuple[str, ...]:
    """The rooms from the lowest up, as `.importlinter` orders them."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    layers = config["importlinter:contract:rooms"]["layers"].split()
    return tuple(reversed([name for name in layers if (PACKAGE / name).is_dir()]))


@cache
def tracked(*patterns: str) -> tuple[str, ...]:
    """Files under version control, from the root, that are still there."""
    found = subprocess.run(  # noqa: S603
        ["git", "ls-files", "-z", "--", *patterns],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return tuple(name for name in found.stdout.split("\0") if name and (ROOT / name).is_file())
