"""`dace-transfer db`: look after the database."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dace_transfer.cli.output import AsJson, Database, Encoder, one_sentence, show
from dace_transfer.database import exchange
from dace_transfer.database.store import open_store

db = typer.Typer(help="Look into, share and check the database.", no_args_is_help=True)


@db.command()
def stats(database: Database = None, as_json: AsJson = False) -> None:
    """Count what the database holds."""
    with one_sentence():
        store = open_store(database)
        data = asdict(store.stats())
        show(data, "\n".join(f"{key}: {value}" for key, value in data.items()), as_json)


@db.command("export")
def export_(
    file: Annotated[Path, typer.Argument(help="JSON lines; compressed when the name ends in .gz.")],
    database: Database = None,
    embeddings: Annotated[bool, typer.Option(help="Write vectors as well; they can be computed again.")] = True,
    as_json: AsJson = False,
) -> None:
    """Write everything to a file that others can import."""
    with one_sentence():
        manifest = exchange.export_to(open_store(database), file, embeddings=embeddings)
        show(asdict(manifest), f"Wrote {sum(manifest.counts.values())} records to {file}.", as_json)


@db.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="What `export` wrote.")],
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Add the records of a file; all or, when the file is damaged, none."""
    with one_sentence():
        manifest = exchange.import_from(open_store(database), file)
        show(asdict(manifest), f"Read {sum(manifest.counts.values())} records from {file}.", as_json)


@db.command()
def merge(
    other: Annotated[str, typer.Argument(help="File or URL of another database.")],
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Add everything another database holds."""
    with one_sentence():
        store = open_store(database)
        exchange.merge(store, open_store(other, seed=False))
        data = asdict(store.stats())
        show(data, f"The database now holds {data['counts']}.", as_json)


@db.command("carry-over")
def carry_over_(
    other: Annotated[str, typer.Argument(help="File or URL of a database made with an older normal form.")],
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Add the records of another database under the normal forms that its workloads have today."""
    with one_sentence():
        from dace_transfer.embeddings import SymbolicFeatures
        from dace_transfer.hardware import describe_cpu
        from dace_transfer.tuner.carry_over import carry_over

        result = carry_over(open_store(other, seed=False), open_store(database), SymbolicFeatures(describe_cpu()))
        counts = {"changed": len(result.changed), "kept": len(result.kept), "failed": len(result.failed)}
        show(asdict(result), ", ".join(f"{count} {what}" for what, count in counts.items()), as_json)


@db.command()
def encode(database: Database = None, encoder: Encoder = "features", as_json: AsJson = False) -> None:
    """Give every workload a vector of an encoder; vectors of others stay, and are never compared with these."""
    with one_sentence():
        from dace_transfer.embeddings.encoders import encoder_named
        from dace_transfer.hardware import describe_cpu
        from dace_transfer.tuner.encoding import encode_missing

        result = encode_missing(open_store(database), encoder_named(encoder, describe_cpu()))
        show(asdict(result), f"{len(result.digests)} encoded, {len(result.failed)} failed", as_json)


@db.command()
def verify(database: Database = None, as_json: AsJson = False) -> None:
    """Check that everything is as it was written."""
    with one_sentence():
        faults = open_store(database).check()
        show(faults, "\n".join(faults) or "All is well.", as_json)
        if faults:
            raise typer.Exit(1)
