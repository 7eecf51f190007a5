"""Routes of the room, by group of pages."""

from tests.alerts import rows_public
from tests.matrix import Row

ROWS: list[Row] = [*rows_public.ROWS]
