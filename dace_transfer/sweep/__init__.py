"""Sweeps: many programs tuned by many workers, stopped and resumed at will.

`spec` says what is wanted, `plan` makes tasks of it, the `ledger` holds their states in the database, workers do what
`steps` says, an `engine` (or `cluster`, with Dask) carries orders to workers and answers back, the `coordinator` brings
all of it together, and `run` starts it. Nothing is imported here, because workers' children start often.
"""
