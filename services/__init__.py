"""What users do: one command per verb, for every interface alike."""
