"""What administrators see and change of the office: channels, own rules, settings."""
