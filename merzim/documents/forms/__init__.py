"""Official forms as DOCX files in Kazakh and Russian, ready for signing."""
