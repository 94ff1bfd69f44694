"""How soon the guard demotes a candidate that has become worse, and how often one that has not."""
