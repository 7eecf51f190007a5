"""Files coming in: parse, check, preview. They write through actions only."""

from linli.grid.imports.divisions import count_lines, import_divisions
from linli.grid.imports.outlines import OutlinesRead, import_outlines
from linli.grid.imports.premises import PremisesImported, RowError, import_premises

__all__ = [
    "OutlinesRead",
    "PremisesImported",
    "RowError",
    "count_lines",
    "import_divisions",
    "import_outlines",
    "import_premises",
]
