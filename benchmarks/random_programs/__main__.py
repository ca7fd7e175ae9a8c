"""Shows the program of a seed.

python -m benchmarks.random_programs SEED
"""

import sys

from benchmarks.random_programs import generate

for text in sys.argv[1:]:
    program = generate(int(text))
    print(f"# {dict(program.sizes)}\n{program.source}")
