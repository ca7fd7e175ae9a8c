"""`dace-transfer recipe`: read and check recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dace_transfer.cli.output import AsJson, Database, one_sentence, show
from dace_transfer.errors import RecipeError

recipe = typer.Typer(help="Read and check recipes.", no_args_is_help=True)


@recipe.command("show")
def show_(
    name: Annotated[
        str, typer.Argument(help="Name in the library, or id in the database; all names without one.")
    ] = "",
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Print a recipe."""
    with one_sentence():
        from dace_transfer.database.store import open_store
        from dace_transfer.transformations import format_recipe, load_library

        library = load_library()
        if not name:
            names = {key: value.description for key, value in sorted(library.items())}
            show(names, "\n".join(f"{key}: {text}" for key, text in names.items()), as_json)
            return
        record = None if name in library else open_store(database).get_recipe(name)
        if name not in library and record is None:
            raise RecipeError(f"There is no recipe '{name}'; the library has {', '.join(sorted(library))}.")
        text = format_recipe(library[name]) if record is None else record.text
        show({"name": name, "text": text}, text, as_json)


@recipe.command()
def check(file: Annotated[Path, typer.Argument(help="A recipe in text form.")], as_json: AsJson = False) -> None:
    """Say whether a recipe is well formed."""
    with one_sentence():
        from dace_transfer.transformations import check as check_recipe
        from dace_transfer.transformations import expand, load_library, parse_recipe

        if not file.is_file():
            raise RecipeError(f"There is no file '{file}'.")
        parsed = parse_recipe(file.read_text())
        check_recipe(parsed, load_library())
        whole = expand(parsed, load_library())
        show({"name": whole.name, "id": whole.id}, f"'{whole.name}' ({whole.id}) is well formed.", as_json)
