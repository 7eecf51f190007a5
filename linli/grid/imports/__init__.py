"""Files coming in: parse, check, preview. They write through actions only."""

from linli.grid.imports.divisions import count_lines, import_divisions

__all__ = ["count_lines", "import_divisions"]
