"""Where candidate recipes come from."""

from dace_transfer.search.mutation import mutations
from dace_transfer.search.neighbours import neighbour_proposals
from dace_transfer.search.portfolio import portfolio_proposals
from dace_transfer.search.proposal import Proposal

__all__ = ["Proposal", "mutations", "neighbour_proposals", "portfolio_proposals"]
