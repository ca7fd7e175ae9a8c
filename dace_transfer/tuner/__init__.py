"""The tuner: decides for every workload of a program which recipe to use, and puts the program together."""

from dace_transfer.tuner.explain import explain
from dace_transfer.tuner.survey import survey
from dace_transfer.tuner.tuning import TuningResult, tune

__all__ = ["TuningResult", "explain", "survey", "tune"]
