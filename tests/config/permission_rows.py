"""Routes that belong to no room."""

from tests.matrix import KINDS, PUBLIC, Row

ROWS = [
    Row("metrics", answers=dict.fromkeys(KINDS, 404)),  # only with the token of the settings
    Row("health", answers=PUBLIC),
    Row("choose-language", "POST", answers=PUBLIC, data=lambda cast: {"language": "en", "next": "/"}),
]
