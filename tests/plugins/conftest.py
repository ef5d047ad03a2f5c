from tests.plugins.packages import install

__all__ = ["install"]

collect_ignore = ["box", "depot"]  # tested where it is installed
