"""Routes of the grid."""

from tests.grid.permission_rows_devices import ROWS as DEVICES
from tests.grid.permission_rows_places import ROWS as PLACES
from tests.grid.permission_rows_posts import ROWS as POSTS
from tests.matrix import Row

ROWS: list[Row] = [*PLACES, *POSTS, *DEVICES]
