"""Official forms as DOCX files in Kazakh and Russian, ready for signing.

`filling.fill(definitions.form_named("plan"), {"object": "..."}, "kk", rows=[...]).document`
"""
