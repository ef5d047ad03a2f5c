"""The client as written, for asyncio; ``sync`` beside it is its mirror image, made by a program."""
