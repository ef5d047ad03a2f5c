"""What an operator writes in ``submarine.toml``, read, judged and complete."""

from submarine.entrypoints.settings.judging import check
from submarine.entrypoints.settings.loading import SettingsError, load
from submarine.entrypoints.settings.model import Choice, ClusterChoice, Limits, Settings

__all__ = ["Choice", "ClusterChoice", "Limits", "Settings", "SettingsError", "check", "load"]
