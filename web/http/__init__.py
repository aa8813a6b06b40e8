"""What the pages and the API have in common of HTTP: parameters of addresses, files, problems."""
