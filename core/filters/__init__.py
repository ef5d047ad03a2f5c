"""The filter language of lists and searches: one grammar, one meaning, on every backend."""
