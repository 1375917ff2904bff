"""Options that several commands share are the same everywhere."""

from typing import get_type_hints

import pytest

from flows.command.check import check
from flows.command.options import Config, StoreUrl
from flows.command.query import query
from flows.command.replay import replay


@pytest.mark.parametrize("command", [query, replay])
def test_shared_options(command: object) -> None:
    hints = get_type_hints(command, include_extras=True)
    assert hints["config"] == Config
    assert hints["store"] == StoreUrl


def test_check_takes_its_file_as_an_argument() -> None:
    assert "store" not in get_type_hints(check)
