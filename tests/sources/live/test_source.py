"""A live partition: the spool first, one start line, then the lane; restarts; wishes; the end."""

import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.control import Reason, Wish
from schemas.errors import SeawallError
from sources.digest import BLOCK
from sources.live import reread as rereading
from sources.live import segment_stream, source
from sources.live.source import POLL, lags_ms
from tests.sources.bybit_frames import BYBIT_BOOK, BYBIT_DELTA  # placeholder
