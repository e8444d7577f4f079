"""The small world with its office."""

from __future__ import annotations

import pytest

from tests.app.identity.cast import people_the_office
from tests.world import World


@pytest.fixture
def office(world: World) -> World:
    people_the_office(world)
    return world
