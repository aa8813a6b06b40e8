"""Campaigns as pages: the officer's list, start and state of one; and the page behind a person's own link."""
