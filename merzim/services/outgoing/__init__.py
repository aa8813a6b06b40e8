"""What leaves the office: letters, the change feed, published data, the audit log."""
