"""How far the projection lies off what routing brings, with and without what trials have seen of answers' lengths."""
