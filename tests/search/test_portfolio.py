"""The recipes that are tried on every workload."""

from dace_transfer.search import bank_proposals, portfolio_proposals
from dace_transfer.transformations import Recipe, knobs_of, load_library, parse_recipe


def test_the_bank_turns_each_knob_in_the_shortest_recipe_that_has_it() -> None:
    short = parse_recipe("recipe short\ntile maps sizes=?size{8|16|32}\n")
    long = parse_recipe("recipe long\nfuse maps\ntile maps sizes=?size{8|16|32}\n")
    library = {recipe.name: recipe for recipe in (long, short)}
    bank = [proposal.recipe for proposal in bank_proposals(library)]
    assert [recipe.name for recipe in bank] == ["long", "short", "short", "short"]
    assert _sizes(bank) == [8, 8, 16, 32]


def test_the_shipped_bank_holds_the_portfolio_and_no_recipe_twice() -> None:
    library = load_library()
    ids = [proposal.recipe.id for proposal in bank_proposals(library)]
    assert len(set(ids)) == len(ids)
    assert set(ids) >= {proposal.recipe.id for proposal in portfolio_proposals(library)}
    assert not any(knobs_of(proposal.recipe) for proposal in bank_proposals(library))


def _sizes(recipes: list[Recipe]) -> list[int]:
    return [step.sizes[0] for recipe in recipes for step in (item.step for item in recipe.body) if step.name == "tile"]
