"""Tiles over time: which loops get them, how far blocks lean, and that they compute the same."""

import pytest

from dace_transfer.transformations.schedules import tile_time

STENCIL = """
for t in range(0, T):
    for i in parallel(1, N - 1):
        y[i] = x[i - 1] + x[i + 1]
    for j in parallel(1, N - 1):
        x[j] = 0.5 * y[j - 1] + y[j] - 0.25 * y[j + 1]
"""
WAVES = """
for t in range(2, T):
    for c in parallel(0, M):
        e[0, c] = f[t, c]
    for i in parallel(1, N):
        for j in parallel(0, M):
            e[i, j] = e[i, j] - 0.5 * (h[i, j] - h[i - 1, j])
    for k in parallel(0, N - 1):
        for l in parallel(0, M):
            h[k, l] = h[k, l] - 0.7 * (e[k + 1, l] - e[k, l])
"""
SWEEP = """
for t in range(0, T):
    for i in range(1, N - 1):
        for j in parallel(0, M):
            e[i, j] = 0.5 * (e[i - 1, j] + e[i + 1, j])
"""
SQUARE = {"e": ("N", "M"), "h": ("N", "M"), "f": ("T", "M")}


@pytest.mark.parametrize(
    ("steps", "size", "sizes"),
    [
        (2, 3, {"T": 0, "N": 9, "M": 2}),
        (5, 1, {"T": 7, "N": 3, "M": 2}),
        (1, 1, {"T": 4, "N": 8, "M": 1}),
        (2, 3, {"T": 7, "N": 17, "M": 2}),
        (3, 8, {"T": 7, "N": 17, "M": 1}),
        (2, 100, {"T": 5, "N": 11, "M": 1}),
    ],
)
@pytest.mark.parametrize("program", [STENCIL, WAVES, SWEEP], ids=["stencil", "waves", "sweep"])
def test_tiles_compute_the_same(read, same, program, steps, size, sizes) -> None:
    before = read(program, {"x": ("N",), "y": ("N",)} if program is STENCIL else SQUARE)
    after = tile_time(before, steps, size)
    assert after is not before
    same(before, after, sizes)


def test_blocks_lean_by_what_nests_wait_for(read) -> None:
    lines = str(tile_time(read(STENCIL, {"x": ("N",), "y": ("N",)}), 4, 16)).splitlines()
    assert [line.strip() for line in lines if "for i" in line or "for j" in line] == [
        "parallel for i in range(((Max(1, -24*b - 2*t + 16*w + 1))), ((Min(N - 1, -24*b - 2*t + 16*w + 17)))):",
        "parallel for j in range(((Max(1, -24*b - 2*t + 16*w))), ((Min(N - 1, -24*b - 2*t + 16*w + 16)))):",
    ]


@pytest.mark.parametrize(
    "program",
    [
        "for t in range(0, T):\n    for i in parallel(0, N):\n        x[i] = x[i] + t",
        "for t in range(1, N):\n    for i in parallel(t, N):\n        x[i] = x[i - 1] + x[i]",
        "for t in range(0, T):\n    for i in parallel(1, N - 1):\n        x[i] = x[N - i - 1]",
        "for t in range(0, T):\n    for i in parallel(1, N - 1):\n        x[i] = x[i] + x[0]",
        "for i in parallel(1, N):\n    y[i] = x[i - 1]",
    ],
    ids=["nothing is handed on", "other bounds every time", "backwards", "one element for all", "no time"],
)
def test_other_loops_stay(read, program) -> None:
    before = read(program, {"x": ("N",), "y": ("N",)})
    assert tile_time(before, 2, 4) is before
