"""Each state of the preview and the editor in Studio: see `matrix.py`."""

from __future__ import annotations

import pytest

from tests.accessibility.matrix import faults
from tests.accessibility.states.of_studio import STATES

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_a_state_is_for_everybody(it, inside, state, record_property):
    assert faults(state, it, inside, record_property) == []
