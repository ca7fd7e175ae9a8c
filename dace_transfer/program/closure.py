"""What a program's code depends on beyond its arguments: the source and the outer values of all it calls."""

from __future__ import annotations

import ast
import functools
import inspect
import operator
import textwrap
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, MethodType, ModuleType
from typing import Any

import dace
import numpy as np
from dace.frontend.python.parser import DaceProgram, _get_locals_and_globals

from dace_transfer.program.values import Same, describe, freeze

# These are the language that DaCe parses: pinned by versions, not followed.
_LANGUAGE = frozenset({"builtins", "dace", "math", "numpy", "operator", "typing"})
_CHANGEABLE = (list, dict, set, np.ndarray)
_MISSING = object()

Read = Callable[[], Any]


@dataclass(frozen=True)
class Watched:
    """An outer value that is compiled into a program, or decides what is.

    Attributes:
        expression: How the source refers to it.
        read: Returns the value it has now.
        value: What it was when the program was compiled.
        frozen: The same, for comparison when `value` itself was changed in place.
    """

    expression: str
    read: Read
    value: Any
    frozen: Hashable

    def holds(self) -> bool:
        """Whether what was compiled then is still right."""
        now = self.read()
        if now is self.value and not isinstance(now, _CHANGEABLE):
            return True
        return freeze(now) == self.frozen


@dataclass(frozen=True)
class Dependencies:
    """Everything outside of the arguments that a program's code depends on.

    Attributes:
        text: The same in every process in which the code is the same.
        watched: What may change within this process.
        shared: Groups of variables that hold the same array, which DaCe makes one argument of.
        programs: The program itself and all that it may call.
    """

    text: str
    watched: tuple[Watched, ...]
    shared: tuple[tuple[Watched, ...], ...]
    programs: tuple[DaceProgram, ...]

    def hold(self) -> bool:
        """Whether nothing has changed."""
        try:
            if not all(item.holds() for item in self.watched):
                return False
            return all(len({id(item.read()) for item in group}) == 1 for group in self.shared)
        except Exception:  # noqa: BLE001 -- a name is gone, or a property raises whatever its author chose
            return False

    def reader(self, value: Any) -> Read | None:
        """How to read the outer variable that holds this very object, or None."""
        return next((item.read for item in self.watched if item.value is value), None)


def dependencies(program: DaceProgram, constants: Mapping[str, Any]) -> Dependencies:
    """Follow the source of a program, and of all functions and methods it refers to, to the values it uses.

    Args:
        program: The program.
        constants: Values of compile-time arguments and of defaults, which its source uses like outer values.
    """
    texts: list[str] = []
    watched: list[Watched] = []
    programs: list[DaceProgram] = []
    pending: list[tuple[Any, Mapping[str, Any]]] = [(program, constants)]
    seen: set[Hashable] = set()
    while pending:
        item, extra = pending.pop()
        function, owner = _function(item)
        if (Same(function), Same(owner)) in seen:
            continue
        seen.add((Same(function), Same(owner)))
        programs += [item] if isinstance(item, DaceProgram) else []
        tree, text = _source(function)
        texts.append(text)
        for expression, read, value in _outer_values(tree, _readers(function, owner, extra)):
            texts.append(f"{expression} = {describe(value)}")
            texts += [value.hash_sdfg()] if isinstance(value, dace.SDFG) else []
            watched.append(Watched(expression, read, value, freeze(value)))
            pending += [(callee, {}) for callee in _callees(value)]
    shared = _shared(watched)
    texts += [f"one array: {', '.join(item.expression for item in group)}" for group in shared]
    return Dependencies("\n".join(texts), tuple(watched), shared, tuple(programs))


def refresh(program: DaceProgram) -> None:
    """Make a program see the outer values of now; by itself it does so only when it is called, not when nested."""
    program.global_vars = _get_locals_and_globals(program.f)
    if program.methodobj is not None:
        program.global_vars[program.objname] = program.methodobj


def _shared(watched: Sequence[Watched]) -> tuple[tuple[Watched, ...], ...]:
    groups: dict[int, list[Watched]] = {}
    for item in watched:
        if isinstance(item.value, np.ndarray):
            groups.setdefault(id(item.value), []).append(item)
    return tuple(tuple(group) for group in groups.values() if len({item.expression for item in group}) > 1)


def _function(item: Any) -> tuple[FunctionType, Any]:
    """The Python function behind something that DaCe parses, and the object it is bound to."""
    if isinstance(item, DaceProgram):
        return item.f, item.methodobj
    if isinstance(item, MethodType):
        return item.__func__, item.__self__  # type: ignore[return-value]
    return item, None


def _source(function: FunctionType) -> tuple[ast.AST, str]:
    """The function without its decorators, which DaCe skips, as a tree and as text."""
    name = describe(function)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return ast.Module([], []), f"{name} without source: {function.__code__.co_code.hex()}"
    if isinstance(tree.body[0], ast.FunctionDef):
        tree.body[0].decorator_list = []
    return tree, f"{name}\n{ast.unparse(tree)}"


def _readers(function: FunctionType, owner: Any, extra: Mapping[str, Any]) -> dict[str, Read]:
    """How to read each name that a function sees outside of itself."""
    scope = function.__globals__
    readers: dict[str, Read] = {name: functools.partial(operator.getitem, scope, name) for name in scope}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        readers[name] = functools.partial(_attribute, _constant(cell), ("cell_contents",))
    parameters = list(inspect.signature(function).parameters)
    for name in parameters:
        readers.pop(name, None)
    if owner is not None:
        readers[parameters[0]] = _constant(owner)
    return readers | {name: _constant(value) for name, value in extra.items()}


def _outer_values(tree: ast.AST, readers: Mapping[str, Read]) -> Iterator[tuple[str, Read, Any]]:
    """Yield each outer value that the source refers to, by the longest chain of attributes that has a value."""
    chains = {chain for node in ast.walk(tree) if (chain := _chain(node)) and chain[0] in readers}
    for expression, *names in sorted(chains):
        root = read = readers[expression]
        value = _read(root)
        if _is_language(value):
            continue
        for count, name in enumerate(names, 1):
            further = functools.partial(_attribute, root, tuple(names[:count]))
            inner = _MISSING if isinstance(value, _CHANGEABLE) else _read(further)
            if inner is _MISSING:
                break
            expression, read, value = f"{expression}.{name}", further, inner
        if value is not _MISSING and not isinstance(value, ModuleType):
            yield expression, read, value


def _chain(node: ast.AST) -> tuple[str, ...]:
    """("a", "b", "c") of the source `a.b.c`; empty for everything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    inner = _chain(node.value) if isinstance(node, ast.Attribute) else ()
    return (*inner, node.attr) if inner and isinstance(node, ast.Attribute) else ()


def _read(read: Read) -> Any:
    try:
        return read()
    except Exception:  # noqa: BLE001 -- a property may raise whatever its author chose
        return _MISSING


def _constant(value: Any) -> Read:
    return lambda: value


def _attribute(root: Read, names: tuple[str, ...]) -> Any:
    return functools.reduce(getattr, names, root())


def _is_language(value: Any) -> bool:
    return isinstance(value, ModuleType) and value.__name__.partition(".")[0] in _LANGUAGE


def _callees(value: Any) -> list[Any]:
    """What DaCe may parse when the value is called."""
    if isinstance(value, DaceProgram):
        return [value]
    call = value if isinstance(value, (FunctionType, MethodType)) else inspect.getattr_static(value, "__call__", None)
    if not isinstance(call, (FunctionType, MethodType)) or isinstance(value, type):
        return []
    if str(call.__module__).partition(".")[0] in _LANGUAGE:
        return []
    return [call if call is value else MethodType(call, value)]
