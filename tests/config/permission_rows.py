"""Routes that belong to no room."""

from tests.matrix import PUBLIC, Row

ROWS = [
    Row("health", answers=PUBLIC),
    Row("choose-language", "POST", answers=PUBLIC, data=lambda cast: {"language": "en", "next": "/"}),
]
