"""`python -m dace_transfer.cli` is `dace-transfer`."""

from dace_transfer.cli.main import app

app()
