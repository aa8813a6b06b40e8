"""Application services: one command per verb, for every interface alike."""
