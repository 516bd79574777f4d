"""What holds for all tests."""

from collections.abc import Iterator

import pytest
from aiortc import RTCIceGatherer


@pytest.fixture(scope="session", autouse=True)
def _nobody_outside() -> Iterator[None]:
    """Peers of aiortc ask no server on the internet for their address: they would, and where names are not found wait for seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RTCIceGatherer, "getDefaultIceServers", staticmethod(list))
        yield
