from tests.plugins.packages import install

__all__ = ["install"]
