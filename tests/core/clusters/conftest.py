from tests.core.jobs.conftest import impatient

__all__ = ["impatient"]
