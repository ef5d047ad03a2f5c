"""The command line: commands over the SDK, which stands on REST alone."""
