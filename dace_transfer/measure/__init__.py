"""Measuring: binaries run in fresh child processes, every sample is kept, and a verdict compares them.

Import from the submodules: `inputs` (what to run on), `running` (one child process), `race` (many candidates) and
`compare` (statistics). Nothing is imported here, because the child process must start fast.
"""
