"""What was learnt: workloads, embeddings, recipes, tuning and verification records, and where they are kept.

Import from the modules: `records` (the data), `store` (the interface and `open_store`), `exchange` (files to share).
"""
