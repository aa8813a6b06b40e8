"""Authentication, sessions and the security middleware: what is checked before a handler runs."""
