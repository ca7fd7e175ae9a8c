"""What the cost model sees of a recipe."""

from dace_transfer.search.recipe_features import recipe_features
from dace_transfer.transformations import parse_recipe

TEXT = """recipe r
fuse all_maps
alternatives {
  tile maps[0] sizes=7,31
} or {
  strip_mine maps dim=-1 size=15
}
fuse maps
"""


def test_steps_values_and_order_are_seen():
    features = recipe_features(parse_recipe(TEXT))
    assert {"fuse", "tile", "fuse.target=all_maps", "fuse.target=maps", "tile.target=maps[0]"} <= set(features)
    assert {"tile.sizes[0]=7", "tile.sizes[1]=31", "strip_mine.dim=-1"} <= set(features)
    assert {"fuse>tile", "tile>fuse", "fuse>fuse"} <= set(features) and "strip_mine>tile" not in features
    assert (features["tile.sizes[0]"], features["tile.sizes[1]"], features["strip_mine.dim"]) == (0.75, 1.25, -0.25)


def test_the_largest_of_several_numbers_counts():
    features = recipe_features(parse_recipe("recipe r\nstrip_mine maps size=31\nstrip_mine maps size=7\n"))
    assert features["strip_mine.size"] == 1.25 and {"strip_mine.size=31", "strip_mine.size=7"} <= set(features)
