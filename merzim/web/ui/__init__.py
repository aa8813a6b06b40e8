"""Rendering helpers of all pages: translation, board lines, form parsing, name fields, language and theme."""
