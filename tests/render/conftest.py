"""`pytest tests/render --update-golden` writes the golden files anew."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether the golden files are to be written; the option is unknown where this folder was not named."""
    return bool(request.config.getoption("--update-golden", default=False))
