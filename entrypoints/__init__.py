"""The doors: REST server, command line, SDK, and the root that wires everything."""
