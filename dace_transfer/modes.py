"""What a user may ask of the tuner."""

from __future__ import annotations

from dace_transfer.errors import DaceTransferError

MODES = ("transfer", "measure", "search", "replay")
DEVICES = ("cpu",)


def check_request(mode: str, device: str) -> None:
    """Refuse what no program can be tuned with.

    Raises:
        DaceTransferError: The mode or the device is unknown.
    """
    if mode not in MODES:
        raise DaceTransferError(f"There is no mode '{mode}'; choose one of {', '.join(MODES)}.")
    if device not in DEVICES:
        raise DaceTransferError(f"There is no device '{device}'; choose one of {', '.join(DEVICES)}.")
