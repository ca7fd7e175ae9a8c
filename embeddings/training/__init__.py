"""Training of the graph encoder on what became of recipes.

Import from the modules: `settings` (how), `examples` (on what), `objectives` (for what) and `trainer` (the work).
"""
