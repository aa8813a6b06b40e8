"""Pages of the user's own account: log-in and log-out, passwords, second factors."""
