"""Helpers of all pages: templates and translation, forms, lists, guides, the timeline, language and theme."""
