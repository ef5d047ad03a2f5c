"""Pages are read as they are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.console import Step, blocks, steps

PAGE = """
# A page

```console title="Terminal 1"
$ submarine apply -f a.yaml \\
    --wait
digits … succeeded
$ true
```

1. A list

    ```python title="train.py"
    if True:
        pass
    ```
"""


def test_commands_and_files_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    console, program = blocks(page)
    assert (console.title, console.line) == ("Terminal 1", 4)
    assert steps(console) == [
        Step("submarine apply -f a.yaml \\\n    --wait", "digits … succeeded\n", 5),
        Step("true", "", 8),
    ]
    assert (program.title, program.body) == ("train.py", "if True:\n    pass\n")


@pytest.mark.parametrize(
    ("said", "printed", "fits"),
    [
        ("a … c\n", "a b c\n", True),
        ("a … c\n", "a b d\n", False),
        ("a\n…\nc\n", "a\n1\n2\nc\n", True),
        ("a\n…\nc\n", "a\nc\n", False),
        ("a\n…\n", "a\nb\nc\n", True),
        ("a\n…\n", "a\n", True),
        ("a\n…\n", "b\na\n", False),
        ("…\n", "", True),
        ("…\n", "a\nb\n", True),
        ("a (1.5)\n", "a (1.5)   \n\n", True),
        ("a\n", "a\nb\n", False),
        ("", "anything", True),
    ],
)
def test_output_is_compared_but_for_the_dots(said: str, printed: str, fits: bool) -> None:
    assert Step("x", said, 1).fits(printed) is fits
