"""Where ``submarine`` begins and ends: every error becomes a sentence and an exit code."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Return the exit code of the command line *arguments*."""
    import click

    from submarine.entrypoints.cli.root import cli

    try:
        result = cli.main(arguments, prog_name="submarine", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:
        return _quiet_end()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - nobody should see a traceback
        from submarine.entrypoints.cli.problems import report

        return int(report(error))
    return result if isinstance(result, int) else 0


def _quiet_end() -> int:
    """End as a program whose reader has gone does: without a word."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


if __name__ == "__main__":
    main()
