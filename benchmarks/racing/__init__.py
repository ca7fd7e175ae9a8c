"""How races fare under the noise of this machine: binaries against themselves, and against planted slowdowns."""
