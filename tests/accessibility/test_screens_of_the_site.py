"""Each state of the pages of a course, and those of the connection: see `matrix.py`."""

from __future__ import annotations

import pytest

from tests.accessibility.matrix import faults
from tests.accessibility.states.of_the_site import STATES

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_a_state_is_for_everybody(it, inside, state, record_property):
    assert faults(state, it, inside, record_property) == []
