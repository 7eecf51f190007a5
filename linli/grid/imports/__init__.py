"""Files coming in: parse, check, preview. They write through actions only."""

from linli.grid.imports.divisions import count_lines, import_divisions
from linli.grid.imports.premises import PremisesImported, RowError, import_premises

__all__ = ["PremisesImported", "RowError", "count_lines", "import_divisions", "import_premises"]
