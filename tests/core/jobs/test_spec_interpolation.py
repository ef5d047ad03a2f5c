"""Parameters in commands: filled in, quoted for the shell, refused where they could not be."""

import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submarine.core.errors import InvalidError
from submarine.core.jobs.interpolation import Scalar, fill, show_scalar

PARAMS: dict[str, Scalar] = {
    "epochs": 5,
    "lr": 0.1,
    "flag": True,
    "name": "it's; rm -rf $HOME",
    "a.b/c-d": "x",
}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5, "5"),
        (True, "true"),
        (False, "false"),
        (0.1, "0.1"),
        (1e-5, "1e-05"),
        (1.0, "1.0"),
        ("1.10", "1.10"),
        (-3, "-3"),
    ],
)
def test_values_are_shown_as_yaml_writes_them(value: Scalar, shown: str) -> None:
    assert show_scalar(value) == shown


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${params.epochs}", "5"),
        ("--lr=${params.lr}/${params.epochs}", "--lr=0.1/5"),
        ("${params.a.b/c-d}", "x"),
        ("$${params.epochs}", "${params.epochs}"),
        ("$${HOME}", "${HOME}"),
        (
            "${HOME} $HOME $$ {params.epochs} $params.epochs",
            "${HOME} $HOME $$ {params.epochs} $params.epochs",
        ),
        ("${params_dir}", "${params_dir}"),
        ("${param.epochs}", "${param.epochs}"),
        ("${params.name}", "it's; rm -rf $HOME"),
        ("", ""),
    ],
)
def test_references_are_filled_in_and_all_else_stays(text: str, filled: str) -> None:
    assert fill(text, PARAMS) == filled


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert fill("${params.x}", {"x": "${params.y}", "y": "no"}) == "${params.y}"


@pytest.mark.parametrize(
    ("text", "reason", "expected"),
    [
        (
            "${params.epoch}",
            "there is no parameter 'epoch'",
            "did you mean 'epochs'? one of epochs, lr, flag, name, a.b/c-d",
        ),
        ("${params.}", "there is no parameter ''", "one of epochs, lr, flag, name, a.b/c-d"),
        ("${params}", "'${params' is not a whole reference", "${params.NAME}, or $${ for a plain ${"),
        ("${params.epochs", "'${params' is not a whole reference", "${params.NAME}, or $${ for a plain ${"),
        ("${params.a b}", "'${params' is not a whole reference", "${params.NAME}, or $${ for a plain ${"),
    ],
)
def test_a_wrong_reference_is_told_what_is_on_offer(text: str, reason: str, expected: str) -> None:
    with pytest.raises(InvalidError) as caught:
        fill(text, PARAMS)
    assert (caught.value.faults[0].reason, caught.value.faults[0].expected) == (reason, expected)


@pytest.mark.parametrize(
    "text",
    [
        "echo '${params.name}'",
        'echo "${params.name}"',
        "echo \"a '${params.name}'\"",
        "echo `cat ${params.name}`",
        'echo "$(echo ${params.name})"',
        'echo "$(echo "${params.name}")"',
        'echo "${X:-"${params.name}"}"',
        "cat <<EOF\n${params.name}\nEOF",
        "echo hi # it's ${params.name}",
        "echo $'a\\'' ${params.name}",
        "echo \\${params.name}",
        "echo 'unclosed ${params.name}",
    ],
)
def test_a_reference_that_cannot_be_quoted_safely_is_refused(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        fill(text, PARAMS, quoting=True)
    assert "stands inside quotes, a comment or a here-document" in caught.value.faults[0].reason


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("printf %s ${params.name}", "it's; rm -rf $HOME"),
        ("printf %s --name=${params.name}/x", "--name=it's; rm -rf $HOME/x"),
        ("printf %s 'a \"b'${params.name}", "a \"bit's; rm -rf $HOME"),
        ('printf %s "a\'b${HOME:+}"${params.name}', "a'bit's; rm -rf $HOME"),
        ("# it's a comment\nprintf %s ${params.name}", "it's; rm -rf $HOME"),
        ("printf %s a#b\\'${params.name}", "a#b'it's; rm -rf $HOME"),
        ("printf %s $(printf %s ${params.name})", "it's;rm-rf$HOME"),
        ('x=${params.name}; printf %s "$x"', "it's; rm -rf $HOME"),
        ('printf %s "\\"" ${params.name}', "\"it's; rm -rf $HOME"),
    ],
)
def test_a_quoted_value_stays_one_word_in_a_real_shell(text: str, printed: str) -> None:
    command = fill(text, PARAMS, quoting=True)
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=True, env={"HOME": "/nowhere"}
    )
    assert done.stdout == printed


_PIECES = st.sampled_from(
    [
        "'",
        '"',
        "\\",
        "$(",
        ")",
        "`",
        "#",
        " ",
        "\n",
        "a",
        "${",
        "}",
        "<<",
        "$'",
        ";",
        "${params.x}",
        "x=",
        "$",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES, max_size=12).map("".join))
def test_no_value_ever_runs_whatever_the_text_around_it(text: str) -> None:
    try:
        command = fill(text + "${params.x}", {"x": "$(echo pwned >&2)"}, quoting=True)
    except InvalidError:
        return
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        stdin=subprocess.DEVNULL,
    )
    assert "pwned" not in done.stderr.replace("$(echo pwned >&2)", "")


def test_what_parameters_unfold_to_is_bounded_and_quickly_refused() -> None:
    begin = time.process_time()
    for quoting in (False, True):
        with pytest.raises(InvalidError, match="too long with its parameters filled in"):
            fill("${params.x} " * 5000, {"x": "y" * 6000}, quoting=quoting)
    fill("${params.x} " * 5000, {"x": "y"}, quoting=True)
    assert time.process_time() - begin < 2
