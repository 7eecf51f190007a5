"""Where the database is written: what counts as a write, seen in the source alone."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Source, calls

ALWAYS = {"bulk_create", "bulk_update", "get_or_create", "update_or_create", "create", "_raw_delete"}
STATEMENT = re.compile(
    r"(?:^|;|\(|\bAS\b|\))\s*(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|REPLACE|COPY|ALTER|DROP|CREATE)\b"
)


def database_writes(source: Source) -> Iterator[str]:
    """Calls of managers, query sets, instances and cursors that change rows."""
    raw = runs_writing_sql(source)
    for call in calls(source):
        if not isinstance(call.func, ast.Attribute):
            continue
        if is_write(call, call.func.attr) or (raw and call.func.attr in {"execute", "executemany", "copy", "raw"}):
            yield source.at(call, f"{ast.unparse(call.func)[:80]}()")


def is_write(call: ast.Call, name: str) -> bool:
    name = name.removeprefix("a") if name.removeprefix("a") in {*ALWAYS, "save", "delete", "update"} else name
    if name in ALWAYS:
        return True
    if name in {"save", "delete"}:  # of a model they take keywords only; a workbook's or an image's takes a file
        return not call.args
    # a query set's takes keywords only, a dict's or a digest's takes a value
    return name == "update" and not call.args and bool(call.keywords)


def runs_writing_sql(source: Source) -> bool:
    """Does the file hold a statement that writes? Only asked of files that run statements at all."""
    docs = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    texts = (
        node.value
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    )
    return any(STATEMENT.search(text.strip()) for text in texts)
