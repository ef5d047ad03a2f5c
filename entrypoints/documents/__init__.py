"""The documents users write: read from YAML or JSON, bounded, and told precisely what is wrong."""
