"""Which workloads are good donors: outcomes as arrays, ways to choose donors, and how good they are.

Import from the modules: `profiles` (the data), `donors` and `neighbours` (the ways), `evaluation` (how good one is) and
`comparison` (all of them, by name).
"""
