"""What a feed is made of: values that nobody changes; a venue is whatever has the members."""

import pytest

from sources.live.feed import Acknowledged, Feed, Plan, Request
from tests.sources.live.faulty import ToyFeed


def test_a_venue_needs_no_base_class() -> None:
    feed: Feed = ToyFeed()
    found = feed.plans(["book"], ["A", "B"], {"ws": "ws://there"})
    messages = (b'{"join":"A"}', b'{"join":"B"}')
    assert found == [Plan("toy-1", "ws://there", messages, ("A", "B"), ("A", "B"), ("book",))]


@pytest.mark.parametrize("value", [Acknowledged(), Request("http://a"), Plan("a", "b", (), ())])
def test_values_do_not_change(value: Acknowledged | Request | Plan) -> None:
    with pytest.raises(AttributeError):
        setattr(value, value.__struct_fields__[0], None)
    assert hash(value) == hash(type(value)(*(getattr(value, f) for f in value.__struct_fields__)))


def test_a_request_is_a_get_that_costs_one() -> None:
    assert Request("http://a") == Request("http://a", "GET", b"", 1)
