"""The law as values: procedures in dated editions."""
