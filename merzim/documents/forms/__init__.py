"""Official forms as DOCX files in Kazakh and Russian, ready for signing.

`filling.fill(definitions.form("plan"), {"object": "..."}, "kk", rows=[...]).document`
"""
