"""Deployments of their own, with the fixed cast in them."""

import pytest

from tests.config.deployment import Makes


@pytest.fixture
def make(tmp_path):
    found = Makes(tmp_path)
    yield found
    found.end()


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """`filled("sqlite")`: a deployment with the cast and an alert, made once for all tests of a file. Read it only."""
    makes, made = Makes(tmp_path_factory.mktemp("filled")), {}

    def get(database):
        if database not in made:
            made[database] = makes(database)
            made[database].fill()
        return made[database]

    yield get
    makes.end()
