"""Every error dace_transfer raises on purpose. A message is one full sentence that says what to do."""


class DaceTransferError(Exception):
    """Base of all errors raised by dace_transfer."""


class WorkloadError(DaceTransferError):
    """A program or subgraph cannot be cut, sized or put back."""


class RecipeError(DaceTransferError):
    """A recipe is malformed, names an unknown step or role, or has an unfilled knob. Nothing was applied."""


class NotApplicableError(DaceTransferError):
    """A step's precondition does not hold on this SDFG; the step touched nothing and may be skipped."""


class StepFailedError(DaceTransferError):
    """A step changed the SDFG and then failed, or left it invalid; the whole copy must be discarded."""


class BuildError(DaceTransferError):
    """An SDFG did not become a loadable binary: code generation, compilation or linking failed."""


class RunError(DaceTransferError):
    """A binary did not run to its end: it crashed, hung past its time limit or ran out of memory."""


class StoreError(DaceTransferError):
    """A database cannot be opened, is of an unknown version, or was handed a malformed record."""


class NoRecordError(DaceTransferError):
    """`replay` was asked for a workload and target the database holds nothing for."""


class SweepError(DaceTransferError):
    """The specification of a sweep is malformed, or the workers it asks for cannot be had."""


class EngineLostError(SweepError):
    """The workers of a sweep cannot be reached any more; another engine has to be opened."""


def told(error: Exception) -> str:
    """Return the kind and the message of an error, also of one that fails when it is printed, as some of DaCe's do."""
    return f"{type(error).__name__}: {message_of(error)}"


def message_of(error: Exception) -> str:
    """Return the message of an error, also of one that fails when it is printed."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  DaCe's look for the nodes they are about, which may be gone by now.
        return str(getattr(error, "message", "it cannot be printed."))
