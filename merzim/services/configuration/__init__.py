"""Settings of an installation: their keys and values, secret keys, folders, the office's own languages."""
