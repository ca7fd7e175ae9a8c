"""The history of the tables, run by `schema.upgrade`."""
