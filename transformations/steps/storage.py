"""The step that decides where transients lie and how long they live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import dace
from dace import data, nodes
from dace.dtypes import AllocationLifetime, StorageType

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.private_reduction import in_map
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each

STACK_BYTES = 65536
"""The largest array a step puts on the stack."""

_STORAGE = {"default": StorageType.Default, "register": StorageType.Register, "heap": StorageType.CPU_Heap}
_LIFETIME = {
    "scope": AllocationLifetime.Scope,
    "state": AllocationLifetime.State,
    "sdfg": AllocationLifetime.SDFG,
    "persistent": AllocationLifetime.Persistent,
}


@dataclass(frozen=True)
class Storage:
    """Chooses the storage and lifetime of transients.

    Before: `t = new float[64]` in every iteration.
    After: `float t[64]` on the stack (`register`), or allocated once for all calls (`persistent`).

    Sets the properties of DaCe's containers. In Halide: `store_in` and `store_at`; in TVM: `set_scope`.

    Attributes:
        target: Access nodes of transients; a container is changed with its first access node.
        storage: `register` (the stack), `heap`, or `default`, which leaves it to DaCe.
        lifetime: How long an array lives; longer than `scope` only for arrays outside of maps.
    """

    name: ClassVar[str] = "storage"

    target: str = "accesses"
    storage: Literal["default", "register", "heap"] = "register"
    lifetime: Literal["scope", "state", "sdfg", "persistent"] = "scope"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Set storage and lifetime of the transients among `targets`; yields their access nodes."""
        return for_each(targets, self._set, f"put {{count}} accesses of transients in {self.storage} storage")

    def _set(self, handle: Handle) -> list[Handle]:
        desc = _container(handle)
        self._check(handle, desc)
        desc.storage, desc.lifetime = _STORAGE[self.storage], _LIFETIME[self.lifetime]
        return [handle]

    def _check(self, handle: Handle, desc: data.Data) -> None:
        name, sdfg = handle.node.data, handle.state.sdfg
        if self.storage == "register":
            if self.lifetime != "scope":
                raise NotApplicableError("What lies on the stack lives as long as its scope; set 'lifetime' to scope.")
            _check_fits_stack(name, desc)
        if self.lifetime == "scope":
            return
        if any(in_map(state, node) for state in sdfg.states() for node in state.data_nodes() if node.data == name):
            raise NotApplicableError(f"Transient '{name}' is used inside a map, whose iterations must not share it.")
        unknown = {str(symbol) for symbol in desc.free_symbols} - set(map(str, _outermost(sdfg).free_symbols))
        if unknown:
            raise NotApplicableError(
                f"The size of transient '{name}' depends on {', '.join(sorted(unknown))}, which the program is not "
                f"called with, so it cannot live longer than its scope."
            )


def _container(handle: Handle) -> data.Array:
    if not isinstance(handle.node, nodes.AccessNode):
        raise NotApplicableError(f"Storage is for containers, but '{handle.node}' is none.")
    desc = handle.node.desc(handle.state.sdfg)
    if not desc.transient or type(desc) is not data.Array:
        raise NotApplicableError(f"Only transient arrays can be moved, but '{handle.node.data}' is none.")
    return desc


def _check_fits_stack(name: str, desc: data.Array) -> None:
    size = desc.total_size * desc.dtype.bytes
    if getattr(size, "free_symbols", None):
        raise NotApplicableError(f"Transient '{name}' has size {size}, but only constant sizes fit the stack.")
    if int(size) > STACK_BYTES:
        raise NotApplicableError(f"Transient '{name}' has {int(size)} bytes, but the stack takes {STACK_BYTES}.")


def _outermost(sdfg: dace.SDFG) -> dace.SDFG:
    return sdfg if sdfg.parent_sdfg is None else _outermost(sdfg.parent_sdfg)
