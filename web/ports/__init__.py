"""What the pages need from the rest of the house, said as protocols. Storage answers, wiring joins.

Everything that crosses is a value of the workflow, the papers or the notifications, so that nobody has to
import the web to answer it.
"""
