"""The law as values: procedures in dated editions, read from files and checked."""
