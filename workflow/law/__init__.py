"""The law as values: procedures in dated editions, and an organisation's own rules laid over them."""
