from tests.plugins.packages import install

__all__ = ["install"]

collect_ignore = ["box"]  # tested where it is installed
