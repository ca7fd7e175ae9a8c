"""What was learnt: workloads, embeddings, recipes, tuning and verification records.

Import from the modules: `records` (the data), `store` (the interface and `open_store`), `exchange` (files to
share), `location` and `filesystem` (where a database is).
"""
