import pytest

from smpl_assets.body.anny_body import AnnyBody


@pytest.fixture(scope="session")
def helper_body() -> AnnyBody:
    return AnnyBody(helpers=True)
