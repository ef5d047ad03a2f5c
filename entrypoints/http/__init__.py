"""REST over aiohttp: typed routes, problem documents, streams."""
