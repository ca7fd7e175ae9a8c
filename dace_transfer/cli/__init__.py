"""The command line, `dace-transfer`."""

from dace_transfer.cli.main import app

__all__ = ["app"]
