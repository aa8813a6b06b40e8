"""Campaigns: many people confirm or fill in one thing, each by a personal link."""
