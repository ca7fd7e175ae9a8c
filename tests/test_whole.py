"""Files that appear as a whole or not at all."""

from pathlib import Path

import pytest

from dace_transfer.whole import whole


def test_what_is_written_takes_the_place_of_what_was_there_or_nothing_changes(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("before")
    with pytest.raises(ValueError, match="stopped"), whole(file) as part:
        part.write_text("half")
        raise ValueError("stopped")
    assert file.read_text() == "before"
    with whole(file) as part:
        part.write_text("after")
        assert file.read_text() == "before"
    assert file.read_text() == "after"
    assert list(tmp_path.iterdir()) == [file]
