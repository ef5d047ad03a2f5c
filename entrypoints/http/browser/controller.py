"""Stand-in until the description of the API is written."""


class BrowserController:
    def describe(self, table: object) -> None:
        """Nothing yet."""
