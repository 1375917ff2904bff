"""`seawall bench`: our stages, `orjson.loads` and a straightforward rival, in one run."""
