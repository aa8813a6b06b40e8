"""Connections to other systems: the directory, the OpenID provider, the channels of letters."""
