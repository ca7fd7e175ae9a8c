"""What a sweep is to do: a short TOML file."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from dace_transfer.database.codec import canonical
from dace_transfer.errors import DaceTransferError, SweepError
from dace_transfer.modes import check_request

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BANK = "bank"
NONE = "none"
IN_PROCESS, LOCAL, SLURM = "in-process", "local", "slurm"

Size = str | dict[str, PositiveInt]


class Workers(BaseModel):
    """Who does it. Changes nothing about what is done, so that a sweep can go on with other workers.

    Attributes:
        engine: "in-process" (threads, no Dask), "local" (Dask on this machine), "slurm" (Dask in jobs of SLURM) or the
            address of a running Dask scheduler, such as "tcp://10.0.0.1:8786".
        compile: Workers that only compute.
        measure: Workers that measure, for each target; they take turns where they share a device. With "slurm", jobs.
        timeout: Seconds after which one task is given up.
        options: With "slurm", what `dask_jobqueue.SLURMCluster` is made with: queue, cores, memory, walltime, ...
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str = IN_PROCESS
    compile: PositiveInt = 1
    measure: PositiveInt = 1
    timeout: PositiveFloat = 3600.0
    options: dict[str, Any] = {}

    @field_validator("engine")
    @classmethod
    def _known(cls, engine: str) -> str:
        if engine not in (IN_PROCESS, LOCAL, SLURM) and "://" not in engine:
            raise ValueError(f"choose {IN_PROCESS}, {LOCAL}, {SLURM} or the address of a scheduler, got '{engine}'")
        return engine


class Spec(BaseModel):
    """What is done.

    Attributes:
        name: What people call it.
        programs: FILE.py:NAME, files relative to the specification's; with a corpus, names in it, all when empty.
        corpus: "package.module:NAME" of a mapping from names to programs, each with `program`, `family`, `sizes` by
            name and, where these do not tell everything, `inputs(size)`, as in `benchmarks.programs`; "" for none.
        sizes: Names of the programs' own sizes, or values by symbol.
        targets: Devices that are tuned for.
        mode: "bank" (every recipe of the bank on everything a program falls into), "transfer", "measure" or "search".
        budget: Seconds a program may take, None for as many as the mode takes; none where the bank is rated.
        donors: Database whose records donate, as it is when the sweep begins: a file or URL, "" for the one that is
            written to, "none" for none.
        threads: OpenMP threads, None for all processors a worker may use.
        workers: Who does it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    programs: tuple[str, ...] = ()
    corpus: str = ""
    sizes: tuple[Size, ...]
    targets: tuple[str, ...] = ("cpu",)
    mode: Literal["bank", "transfer", "measure", "search"] = "search"
    budget: PositiveFloat | None = None
    donors: str = ""
    threads: PositiveInt | None = None
    workers: Workers = Workers()

    @field_validator("targets")
    @classmethod
    def _devices(cls, targets: tuple[str, ...]) -> tuple[str, ...]:
        for target in targets:
            try:
                check_request("transfer", target)
            except DaceTransferError as error:
                raise ValueError(str(error)) from error
        return targets

    @model_validator(mode="after")
    def _whole(self) -> Spec:
        if not self.programs and not self.corpus:
            raise ValueError("name 'programs' (FILE.py:NAME) or a 'corpus' (package.module:NAME)")
        if not self.sizes or not self.targets:
            raise ValueError("give at least one of 'sizes' and of 'targets'")
        if self.budget is not None and self.mode == BANK:
            raise ValueError("there is no 'budget' in mode 'bank', which rates every recipe")
        return self

    def id(self, folder: Path) -> str:
        """Names what is done, whoever does it: equal specifications in one folder are one sweep."""
        said = {**self.model_dump(mode="json", exclude={"name", "workers"}), "folder": str(folder.resolve())}
        return hashlib.sha256(canonical(said).encode()).hexdigest()[:16]


def read_spec(path: Path) -> Spec:
    """Read a specification.

    Raises:
        SweepError: It cannot be read, is no TOML, or says something that cannot be done.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SweepError(f"The specification '{path}' cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SweepError(f"The specification '{path}' is no TOML: {error}.") from error
    return spec_of(said, str(path))


def spec_of(said: dict[str, Any], where: str) -> Spec:
    """Check a specification.

    Raises:
        SweepError: It says something that cannot be done.
    """
    try:
        return Spec.model_validate(said)
    except ValidationError as error:
        problems = "; ".join(_problem(dict(one)) for one in error.errors())
        raise SweepError(f"The specification '{where}' cannot be followed: {problems}.") from error


def _problem(error: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"'{place}': {message}" if place else message
