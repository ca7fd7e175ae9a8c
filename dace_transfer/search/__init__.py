"""Where candidate recipes come from."""

from dace_transfer.search.allocation import Piece, next_piece, shares
from dace_transfer.search.catalogue import CATALOGUE, draw, with_knobs
from dace_transfer.search.cost_model import Observation, fit
from dace_transfer.search.evolution import Evolution
from dace_transfer.search.guide import Guide
from dace_transfer.search.history import observations
from dace_transfer.search.in_turn import InTurn
from dace_transfer.search.listed import Listed
from dace_transfer.search.neighbours import neighbour_proposals
from dace_transfer.search.portfolio import bank_proposals, portfolio_proposals
from dace_transfer.search.proposal import Proposal
from dace_transfer.search.strategy import Outcome, Strategy
from dace_transfer.search.trust import Trust, shipped_trust

__all__ = [
    "CATALOGUE",
    "Evolution",
    "Guide",
    "InTurn",
    "Listed",
    "Observation",
    "Outcome",
    "Piece",
    "Proposal",
    "Strategy",
    "Trust",
    "bank_proposals",
    "draw",
    "fit",
    "neighbour_proposals",
    "next_piece",
    "observations",
    "portfolio_proposals",
    "shares",
    "shipped_trust",
    "with_knobs",
]
