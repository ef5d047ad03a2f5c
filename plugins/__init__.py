"""How adapters, policies and frameworks are found: hooks, descriptors, registry."""
