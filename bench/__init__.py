"""Speed against a limit measured in the same run, never against the clock of some other machine."""
