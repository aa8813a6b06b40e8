"""The law as values: procedures in dated editions, and an organisation's own rules applied to them."""
