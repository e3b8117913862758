"""No test takes what an earlier run found of its files; tests/test_cache.py asks for it."""

from __future__ import annotations

import os

os.environ["FLEETMOD_CACHE_DIR"] = ""
