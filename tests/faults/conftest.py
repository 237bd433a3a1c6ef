"""One folder for all worlds of a run, so that the three installations are set up once."""

import pytest
from faults.world import ground


@pytest.fixture(scope="session")
def folder():
    """Where worlds lie."""
    with ground() as found:
        yield found
