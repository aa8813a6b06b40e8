"""What leaves the office: letters, webhooks, the change feed, published data, the audit log."""
