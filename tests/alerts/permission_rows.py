"""Routes of the room, by group of pages."""

from tests.alerts import rows_doors, rows_drills, rows_office, rows_paper, rows_public
from tests.matrix import Row

ROWS: list[Row] = [*rows_office.ROWS, *rows_public.ROWS, *rows_doors.ROWS, *rows_drills.ROWS, *rows_paper.ROWS]
