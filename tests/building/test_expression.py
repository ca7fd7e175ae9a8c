from __future__ import annotations

import pytest

from dace_transfer.building.expression import evaluate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("N*(M + 1)", 40),
        ("N**2 - 1", 99),
        ("int_ceil(N, 4)", 3),
        ("int_floor(N, 4)", 2),
        ("floor(N/4)", 2),
        ("ceiling(N/4)", 3),
        ("N*M/6", 5),
        ("Max(N, M) + Min(N, M)", 13),
        ("Mod(N, 4)", 2),
        ("-N + 12", 2),
    ],
)
def test_evaluates_what_dace_writes(text: str, value: int) -> None:
    assert evaluate(text, {"N": 10, "M": 3}) == value


@pytest.mark.parametrize("text", ["K", "N/4", "open('x')", "N if M else 2", "N//0", "N +", "'a'"])
def test_refuses_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        evaluate(text, {"N": 10, "M": 3})


def test_large_sizes_stay_exact() -> None:
    assert evaluate("N**3 + 1", {"N": 3_000_001}) == 3_000_001**3 + 1
